import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { cidataProvider } from '../providers/cidata.ts'
import { configDriveProvider } from '../providers/config-drive.ts'
import { kubevirtProvider } from '../providers/kubevirt.ts'
import type { Provider } from '../providers/provider.ts'
import { proxmoxveProvider } from '../providers/proxmoxve.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { readFromCdrom } from './cdrom.ts'
import { readFromDevice } from './drive.ts'

assert.equal(process.getuid?.(), 0, 'these tests mount: run them as root')

let directory: string
let loops: string[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-drive-'))
  loops = []
})
afterEach(() => {
  for (const loop of loops) execFileSync('losetup', ['--detach', loop])
  rmSync(directory, { recursive: true })
})

/** A block device with a file system that has these files and links (`->target`). */
function drive(files: Record<string, string>): string {
  const image = join(directory, `image-${loops.length}`)
  writeFileSync(image, '')
  truncateSync(image, 4 * 1024 * 1024)
  execFileSync('mkfs.ext4', [image], { stdio: 'ignore' })
  const mountPoint = mkdtempSync(join(directory, 'mnt-'))
  execFileSync('mount', ['-o', 'loop', image, mountPoint])
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(mountPoint, path)), { recursive: true })
    if (text.startsWith('->')) symlinkSync(text.slice(2), join(mountPoint, path))
    else writeFileSync(join(mountPoint, path), text)
  }
  execFileSync('umount', [mountPoint])
  const loop = execFileSync('losetup', ['--find', '--show', '--read-only', image]).toString().trim()
  loops.push(loop)
  return loop
}

/** As udev shows it. */
function labelled(label: string, device: string): string {
  const labels = join(directory, 'by-label')
  mkdirSync(labels, { recursive: true })
  symlinkSync(device, join(labels, label))
  return labels
}

async function fetched(provider: Provider): Promise<string | undefined> {
  const log = quietLog()
  const config = await provider.fetch({ log, fetcher: new Fetcher({ log, platform: 'test' }) })
  return config && Buffer.from(config.data).toString()
}

async function told({ metadata }: Provider) {
  const log = quietLog()
  const context = { log, fetcher: new Fetcher({ log, platform: 'test' }) }
  return { hostname: await metadata?.hostname(context), keys: await metadata?.sshKeys?.(context) }
}

function mounts(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes('ignition-drive'))
}

test('reads config drives, and leaves nothing mounted', async () => {
  const path = '/openstack/latest/user_data'
  const labels = labelled('config-2', drive({ [path]: '{"a": 1}' }))
  assert.equal(await fetched(configDriveProvider('nutanix', labels)), '{"a": 1}')
  assert.equal(await fetched(kubevirtProvider(labels)), '{"a": 1}')
  assert.deepEqual(mounts(), [])
  assert.deepEqual(
    readdirSync('/run').filter((name) => name.startsWith('ignition-drive')),
    [],
  )
})

test('reads what drives tell of the host', async () => {
  const key = 'ssh-ed25519 AAAA a'
  const expected = { hostname: 'web-1', keys: [key] }
  const openstack = JSON.stringify({ hostname: 'web-1', public_keys: { mine: key } })
  const config = labelled('config-2', drive({ '/openstack/latest/meta_data.json': openstack }))
  assert.deepEqual(await told(configDriveProvider('nutanix', config)), expected)
  assert.deepEqual(await told(kubevirtProvider(config)), expected)
  rmSync(join(config, 'config-2'))
  const cloud = `#cloud-config\nhostname: web-1\nssh_authorized_keys:\n  - ${key}\n`
  const meta = `{local-hostname: web-1, public-keys: {0: ${key}}}`
  const cidata = labelled('cidata', drive({ '/user-data': cloud, '/meta-data': meta }))
  assert.deepEqual(await told(kubevirtProvider(cidata)), expected)
  assert.deepEqual(await told(cidataProvider('ibmcloud', { paths: [] }, cidata)), expected)
  assert.deepEqual(await told(proxmoxveProvider(cidata)), expected)
  assert.deepEqual(mounts(), [])
})

test('waits for a drive that comes late', async () => {
  const device = drive({ '/user-data': 'late' })
  setTimeout(() => labelled('cidata', device), 500)
  assert.equal(await fetched(kubevirtProvider(join(directory, 'by-label'))), 'late')
})

test('passes over the cloud-config that Proxmox VE makes by itself', async () => {
  const files = { '/user-data': '#cloud-config\nhostname: a\n', '/vendor-data': '{}' }
  const labels = labelled('cidata', drive(files))
  assert.equal(await fetched(proxmoxveProvider(labels)), '{}')
  rmSync(join(labels, 'cidata'))
  labelled('cidata', drive({ '/user-data': '#cloud-config\nhostname: a\n' }))
  assert.equal(await fetched(proxmoxveProvider(labels)), undefined)
})

test('says that a drive did not come in time', async () => {
  const devices = [join(directory, 'none')]
  const signal = AbortSignal.timeout(100)
  await assert.rejects(
    readFromDevice({ devices, paths: ['/a'], log: quietLog(), signal }),
    /none cannot be read: it did not come in time/,
  )
})

test('does not follow links out of a drive', async () => {
  const device = drive({
    '/a': '->/etc/passwd',
    '/b': '->../../../../etc/passwd',
    '/c': '->inside',
    '/inside': 'within',
  })
  const log = quietLog()
  const read = (path: string) =>
    readFromDevice({ devices: [device], paths: [path], log, signal: undefined })
  assert.deepEqual(await read('/a'), {})
  assert.deepEqual(await read('/b'), {})
  assert.equal((await read('/c'))?.data?.toString(), 'within')
  assert.deepEqual(mounts(), [])
})

test('takes the CD with the mark of Azure among other CDs', async () => {
  const other = drive({ '/CustomData.bin': 'other' })
  const right = drive({ '/ovf-env.xml': '<x/>', '/CustomData.bin': 'custom' })
  const places = { blocks: join(directory, 'block'), devices: join(directory, 'dev') }
  for (const [name, size, device] of [
    ['sr0', '0', other],
    ['sr1', '8192', other],
    ['sr2', '8192', right],
    ['vda', '8192', other],
  ] as const) {
    mkdirSync(join(places.blocks, name), { recursive: true })
    writeFileSync(join(places.blocks, name, 'size'), `${size}\n`)
    mkdirSync(places.devices, { recursive: true })
    symlinkSync(device, join(places.devices, name))
  }
  const request = {
    paths: ['/CustomData.bin'],
    mark: '/ovf-env.xml',
    types: ['udf', 'ext4'],
    log: quietLog(),
    signal: undefined,
  }
  assert.equal((await readFromCdrom(request, places)).data?.toString(), 'custom')
})

test('says what kept a drive from being read', async () => {
  const image = join(directory, 'zeros')
  writeFileSync(image, Buffer.alloc(1024 * 1024))
  const loop = execFileSync('losetup', ['--find', '--show', image]).toString().trim()
  loops.push(loop)
  const labels = labelled('config-2', loop)
  await assert.rejects(
    fetched(configDriveProvider('powervs', labels)),
    /on the platform powervs: .*config-2/,
  )
  assert.deepEqual(mounts(), [])
})
