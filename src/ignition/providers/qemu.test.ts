import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { qemuProvider } from './qemu.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-fw-cfg-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function put(key: string, text: string): void {
  mkdirSync(join(directory, 'by_name', key), { recursive: true })
  writeFileSync(join(directory, 'by_name', key, 'raw'), text)
}

async function fetched(): Promise<string | undefined> {
  const log = quietLog()
  const fetcher = new Fetcher({ log, platform: 'qemu' })
  const config = await qemuProvider(
    { firmware: directory, disk: join(directory, 'disk') },
    'x64',
  ).fetch({
    log,
    fetcher,
  })
  return config && `${config.source} ${Buffer.from(config.data).toString()}`
}

test('takes the config of the CoreOS key, before that of the Flatcar key', async () => {
  put('opt/org.flatcar-linux/config', 'flatcar')
  assert.equal(await fetched(), 'fw_cfg:opt/org.flatcar-linux/config flatcar')
  put('opt/com.coreos/config', 'coreos')
  assert.equal(await fetched(), 'fw_cfg:opt/com.coreos/config coreos')
})

test('takes a disk that is the config, without the NULs that follow', async () => {
  writeFileSync(join(directory, 'disk'), Buffer.concat([Buffer.from('disk'), Buffer.alloc(508)]))
  put('opt/com.coreos/config', 'coreos')
  assert.equal(await fetched(), `${join(directory, 'disk')} disk`)
})

test('has no config when QEMU was given none', async () => {
  put('etc/other', '')
  assert.equal(await fetched(), undefined)
})

test('fails when the device is not shown at all, instead of booting without config', async () => {
  await assert.rejects(
    fetched(),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_IGNITION_PROVIDER_FAILED') &&
      /qemu_fw_cfg/.test(error.message),
  )
})
