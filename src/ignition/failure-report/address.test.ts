import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { addressFile, configReportAddress, kernelReportAddress } from './address.ts'

const address = 'https://fleet.example/reports?token=t'

function naming(contents: unknown, rest: object = {}): string {
  return JSON.stringify({
    ignition: { version: '3.4.0' },
    storage: { files: [{ path: '/etc/other' }, { path: addressFile, contents }] },
    ...rest,
  })
}

test('a config names the address by the contents of a file, whatever else is wrong with it', () => {
  const source = `data:,${encodeURIComponent(`${address}\n`)}`
  assert.equal(configReportAddress(naming({ source })), address)
  assert.equal(configReportAddress(naming({ source }, { passwd: 7, systemd: null })), address)
  const packed = `data:;base64,${gzipSync(address).toString('base64')}`
  assert.equal(configReportAddress(naming({ source: packed, compression: 'gzip' })), address)
})

test('what is no such file names none', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"storage":{"files":{"path":1}}}',
    naming(undefined),
    naming({ source: 'https://elsewhere.example/address' }),
    naming({ source: 'data:;base64,%%%' }),
    naming({ source: 'data:,x', compression: 'gzip' }),
    naming({
      source: `data:;base64,${gzipSync('x'.repeat(1 << 20)).toString('base64')}`,
      compression: 'gzip',
    }),
  ])
    assert.equal(configReportAddress(text), undefined, text.slice(0, 100))
})

test('the kernel’s command line names it by an argument, of which the last one counts', () => {
  const line = `quiet slipway.provisioning-report=http://a slipway.provisioning-report=${address} rw\n`
  assert.equal(kernelReportAddress(line), address)
  assert.equal(kernelReportAddress('quiet slipway.provisioning-report= rw'), undefined)
})
