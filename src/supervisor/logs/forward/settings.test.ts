import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../../errors/error.ts'
import { parseSettings } from '../../settings/settings.ts'

describe('the settings of forwarded logs', () => {
  it('name targets of three kinds', () => {
    const { logs } = parseSettings(
      `logs:
  forward:
    plain: { type: syslog, address: "logs.example:514" }
    safe: { type: syslog, address: "[2001:db8::1]:6514", tls: true, certificateAuthority: /ca.pem }
    lines: { type: json-lines, url: "http://127.0.0.1:1/in", headers: { Authorization: Bearer x } }
    collector: { type: otlp, url: "https://otel.example:4318/v1/logs", certificateAuthority: /ca.pem }
`,
      's.yaml',
    )
    assert.deepEqual(
      [...(logs ?? [])],
      [
        ['plain', { type: 'syslog', host: 'logs.example', port: 514 }],
        [
          'safe',
          {
            type: 'syslog',
            host: '2001:db8::1',
            port: 6514,
            tls: { certificateAuthority: '/ca.pem' },
          },
        ],
        [
          'lines',
          {
            type: 'json-lines',
            url: new URL('http://127.0.0.1:1/in'),
            headers: { Authorization: 'Bearer x' },
          },
        ],
        [
          'collector',
          {
            type: 'otlp',
            url: new URL('https://otel.example:4318/v1/logs'),
            headers: {},
            certificateAuthority: '/ca.pem',
          },
        ],
      ],
    )
  })

  it('are refused with every mistake at its place', () => {
    const text = `logs:
  forward:
    Bad_name: { type: syslog, address: "a:1" }
    b: { address: "a:1" }
    c: { type: kafka }
    d: { type: syslog, address: a, url: "http://x" }
    e: { type: otlp, url: "ftp://x", headers: { "a b": c } }
    f: { type: syslog, address: "a:1", certificate: c.pem }
`
    assert.throws(
      () => parseSettings(text, 's.yaml'),
      (error) => {
        assert.ok(isSlipwayError(error, 'SLIPWAY_SUPERVISOR_SETTINGS_INVALID'))
        assert.deepEqual(String(error.details.problems).split('\n'), [
          's.yaml:3:5: logs.forward.Bad_name: expected a name of a-z, 0-9 and -, 40 at most',
          's.yaml:4:5: logs.forward.b: expected type: one of syslog, json-lines, otlp',
          's.yaml:5:16: logs.forward.c.type: expected one of syslog, json-lines, otlp; found "kafka"',
          's.yaml:6:33: logs.forward.d.address: expected HOST:PORT; found "a"',
          's.yaml:6:36: logs.forward.d.url: is nothing for type syslog',
          's.yaml:7:27: logs.forward.e.url: expected a URL of http or https; found "ftp://x"',
          's.yaml:7:49: logs.forward.e.headers["a b"]: expected the name of a header',
          's.yaml:8:5: logs.forward.f: certificate and key belong together',
          's.yaml:8:5: logs.forward.f: certificates need tls: true',
          's.yaml:8:53: logs.forward.f.certificate: expected an absolute path, found "c.pem"',
        ])
        return true
      },
    )
  })
})
