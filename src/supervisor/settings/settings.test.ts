import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { loadSettings, parseSettings } from './settings.ts'

/** As when nothing is said. */
const collection = { abovePercent: 85, downToPercent: 80 }

describe("the supervisor's settings", () => {
  it('may be absent or empty', async () => {
    assert.deepEqual(await loadSettings('/nonexistent/supervisor.yaml'), {
      registries: {},
      collection,
    })
    assert.deepEqual(parseSettings('# nothing\n', 's.yaml'), { registries: {}, collection })
  })

  it('name registries with their access', () => {
    const text = 'registries:\n  10.0.2.2:5000: { insecure: true, username: me, password: p }\n'
    assert.deepEqual(parseSettings(text, 's.yaml'), {
      registries: { '10.0.2.2:5000': { insecure: true, username: 'me', password: 'p' } },
      collection,
    })
  })

  it('name mirrors of registries, with an access of their own', () => {
    const text = `registries:
  docker.io:
    certificateAuthority: /etc/ca.pem
    mirrors:
      - https://mirror.example/hub
      - { url: "http://cache.example:5000", username: me, password: p, certificateAuthority: /c.pem }
`
    assert.deepEqual(parseSettings(text, 's.yaml').registries, {
      'docker.io': {
        certificateAuthorityFile: '/etc/ca.pem',
        mirrors: [
          { url: 'https://mirror.example/hub' },
          {
            url: 'http://cache.example:5000',
            username: 'me',
            password: 'p',
            certificateAuthorityFile: '/c.pem',
          },
        ],
      },
    })
    const wrong = `registries:
  a: { mirrors: [mirror.example, "https://me:p@b", { url: "ftp://c" }, {}], certificateAuthority: ca }
  b: { mirrors: ["https://m.example", { url: "https://m.example/x", username: me, password: p }] }
`
    assert.throws(
      () => parseSettings(wrong, 's.yaml'),
      (error) => {
        const problems = String(isSlipwayError(error) && error.details.problems).split('\n')
        const expected = [
          /^s\.yaml:2:\d+: registries\.a\.certificateAuthority: expected an absolute path/,
          /registries\.a\.mirrors\[0\]: expected the address of a mirror .* found "mirror\.example"/,
          /registries\.a\.mirrors\[1\]: expected the address of a mirror/,
          /registries\.a\.mirrors\[2\]\.url: expected the address of a mirror/,
          /registries\.a\.mirrors\[3\]: expected url/,
          /registries\.b\.mirrors: https:\/\/m\.example has another access here than elsewhere/,
        ]
        assert.equal(problems.length, expected.length)
        for (const pattern of expected) assert.ok(problems.some((problem) => pattern.test(problem)))
        return true
      },
    )
  })

  it('say when images that nobody needs go', () => {
    const parse = (images: object) => parseSettings(JSON.stringify({ images }), 's.yaml').collection
    const marks = (abovePercent: number, downToPercent: number) => ({ abovePercent, downToPercent })
    assert.deepEqual(parse({ collectAbove: '70%' }), marks(70, 65))
    assert.deepEqual(parse({ collectAbove: '3%' }), marks(3, 0))
    assert.deepEqual(parse({ collectDownTo: '10%' }), marks(85, 10))
    assert.deepEqual(parse({ collectAbove: '70%', collectDownTo: '50%' }), marks(70, 50))
    assert.equal(parse({ collectAbove: 'never' }), undefined)
    const refused: readonly [object, RegExp][] = [
      [{ collectAbove: 85 }, /images\.collectAbove: expected a share .* 85%, found "85"/],
      [{ collectAbove: '101%' }, /images\.collectAbove: expected a share/],
      [{ collectDownTo: '90%' }, /collectDownTo: expected less than collectAbove, which is 85%/],
      [{ collectAbove: 'never', collectDownTo: '1%' }, /collectAbove: never leaves it no sense/],
    ]
    for (const [images, message] of refused) assert.throws(() => parse(images), message)
  })

  it('say what slipctl debug may do and brings', () => {
    assert.deepEqual(parseSettings('debug: { host: true, image: tools:1 }\n', 's.yaml').debug, {
      host: true,
      image: 'tools:1',
    })
    assert.deepEqual(parseSettings('debug: {}\n', 's.yaml').debug, { host: false })
  })

  it('serve metrics where they say so, by mutual TLS if they name its files', () => {
    const parse = (metrics: object) => parseSettings(JSON.stringify({ metrics }), 's.yaml').metrics
    assert.deepEqual(parse({ listen: '127.0.0.1' }), { address: '127.0.0.1', port: 9323 })
    const tls = { certificate: '/a.crt', key: '/a.key', clientAuthorities: '/ca.crt' }
    assert.deepEqual(parse({ listen: '[::]:1', ...tls }), { address: '::', port: 1, tls })
    assert.throws(() => parse({}), /s\.yaml:1:2: metrics: expected listen/)
    assert.throws(
      () => parse({ listen: '::1', key: '/k' }),
      (error) => {
        const problems = String(isSlipwayError(error) && error.details.problems)
        assert.match(
          problems,
          /metrics: expected all of certificate, key, clientAuthorities, or none/,
        )
        assert.match(problems, /metrics\.listen: expected an address of the host/)
        return true
      },
    )
  })

  it('give containers ids of their own on the host', () => {
    const parse = (value: object) =>
      parseSettings(JSON.stringify({ userNamespaces: value }), 's.yaml').userNamespaces
    assert.deepEqual(parse({ firstId: 100000 }), { firstId: 100000, count: 65536 })
    assert.deepEqual(parse({ firstId: 524288, count: 131072 }), { firstId: 524288, count: 131072 })
    for (const [value, problem] of [
      [{}, 'userNamespaces: expected firstId: what root in a container is on the host'],
      [{ firstId: 1000 }, 'userNamespaces.firstId: expected a number from 65536 on, found "1000"'],
      [{ firstId: 70000, count: 10 }, 'count: expected a number from 65536 on, found "10"'],
      [{ firstId: 2147483000 }, 'userNamespaces: the last id is above 2147483647'],
      [{ firstId: 70000, cuont: 1 }, 'cuont: unknown key; did you mean "count"?'],
    ] as const)
      assert.throws(
        () => parse(value),
        (error) => isSlipwayError(error) && String(error.details.problems).endsWith(problem),
        problem,
      )
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
