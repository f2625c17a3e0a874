import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { loadSettings, parseSettings } from './settings.ts'

describe("the supervisor's settings", () => {
  it('may be absent or empty', async () => {
    assert.deepEqual(await loadSettings('/nonexistent/supervisor.yaml'), { registries: {} })
    assert.deepEqual(parseSettings('# nothing\n', 's.yaml'), { registries: {} })
  })

  it('name registries with their access', () => {
    const text = 'registries:\n  10.0.2.2:5000: { insecure: true, username: me, password: p }\n'
    assert.deepEqual(parseSettings(text, 's.yaml'), {
      registries: { '10.0.2.2:5000': { insecure: true, username: 'me', password: 'p' } },
    })
  })

  it('say what slipctl debug may do and brings', () => {
    assert.deepEqual(parseSettings('debug: { host: true, image: tools:1 }\n', 's.yaml').debug, {
      host: true,
      image: 'tools:1',
    })
    assert.deepEqual(parseSettings('debug: {}\n', 's.yaml').debug, { host: false })
  })

  it('are refused with every mistake at its place', () => {
    const text =
      'registries:\n  "http://x": { insecure: yes, usrname: me }\n  b:\n    username: me\nregistry: {}\n'
    assert.throws(
      () => parseSettings(text, 's.yaml'),
      (error) => {
        assert.ok(isSlipwayError(error, 'SLIPWAY_SUPERVISOR_SETTINGS_INVALID'))
        assert.deepEqual(String(error.details.problems).split('\n'), [
          's.yaml:2:3: registries["http://x"]: expected a registry as HOST or HOST:PORT',
          's.yaml:2:27: registries["http://x"].insecure: expected true or false, found "yes"',
          's.yaml:2:32: registries["http://x"].usrname: unknown key; did you mean "username"?',
          's.yaml:3:3: registries.b: username and password belong together',
          's.yaml:5:1: registry: unknown key; did you mean "registries"?',
        ])
        return true
      },
    )
  })
})
