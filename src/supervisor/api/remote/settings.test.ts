import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../../errors/error.ts'
import { parseSettings } from '../../settings/settings.ts'

const complete = {
  listen: '0.0.0.0',
  certificate: '/etc/slipway/api/host.crt',
  key: '/etc/slipway/api/host.key',
  clientAuthorities: '/etc/slipway/api/clients.crt',
  roles: { laptop: 'admin', dashboard: 'read-only' },
}

const parse = (api: object) => parseSettings(JSON.stringify({ api }), 's.yaml').api

/** What is said of settings that differ from those above. */
function problems(changes: object): string {
  try {
    parse({ ...complete, ...changes })
  } catch (error) {
    assert.ok(isSlipwayError(error, 'SLIPWAY_SUPERVISOR_SETTINGS_INVALID'))
    return String(error.details.problems)
  }
  return 'nothing'
}

describe('the settings of the API over TLS', () => {
  it('name a place, three files, and who has which role', () => {
    assert.deepEqual(parse(complete), {
      address: '0.0.0.0',
      port: 2376,
      certificate: '/etc/slipway/api/host.crt',
      key: '/etc/slipway/api/host.key',
      clientAuthorities: '/etc/slipway/api/clients.crt',
      roles: new Map([
        ['laptop', 'admin'],
        ['dashboard', 'read-only'],
      ]),
    })
    for (const [listen, address, port] of [
      ['192.0.2.7:1', '192.0.2.7', 1],
      ['[::]', '::', 2376],
      ['[2001:db8::1]:443', '2001:db8::1', 443],
    ] as const)
      assert.partialDeepStrictEqual(parse({ ...complete, listen }), { address, port })
  })

  it('are refused where the place is none', () => {
    for (const listen of [
      '',
      'host.example',
      '::',
      '1.2.3.4:0',
      '1.2.3.4:65536',
      '[1.2.3.4]',
      '1.2.3',
    ])
      assert.match(problems({ listen }), /^s\.yaml:1:\d+: api\.listen: expected an address/, listen)
  })

  it('are refused without one of the fields, with a relative path, and with a role that is not there', () => {
    assert.match(problems({ key: undefined }), /api: expected all of .*; there is no key$/)
    assert.match(problems({ key: 'host.key' }), /api\.key: expected an absolute path/)
    assert.match(problems({ roles: { a: 'root' } }), /api\.roles\.a: expected one of read-only, /)
    assert.match(problems({ roles: ['a'] }), /api\.roles: expected a map/)
    assert.match(problems({ port: 1 }), /api\.port: unknown key/)
  })
})
