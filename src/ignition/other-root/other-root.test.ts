import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rootNeedsNetworkPath } from '../paths.ts'
import { isProvisioned } from '../result.ts'
import { TargetRoot } from '../root/target-root.ts'
import { layersOf, readDetail, volumeUuid } from './layers.ts'
import { arrayTag, pathOf } from './open.ts'
import { type RootPointer, readPointer, writePointer } from './pointer.ts'
import { rootFilesystem } from './root-filesystem.ts'
import { espUnits, mountEnvironment } from './tell.ts'

const ignition = { version: '3.6.0' }

function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-other-root-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('finds the file system that becomes root, however its path is written', () => {
  const filesystems = (path: string) => ({
    ignition,
    storage: {
      filesystems: [
        { device: '/dev/a', path: '/srv' },
        { device: '/dev/b', path, format: 'xfs' },
      ],
    },
  })
  const root = { at: ['storage', 'filesystems', 1], device: '/dev/b', format: 'xfs', options: [] }
  assert.deepEqual(rootFilesystem(filesystems('/')), root)
  assert.deepEqual(rootFilesystem(filesystems('//')), root)
  assert.equal(rootFilesystem(filesystems('/var/log')), undefined)
})

test('keeps where root is, and counts as provisioned from then on', () => {
  withFolder((folder) => {
    const root = new TargetRoot(folder)
    const pointer: RootPointer = {
      uuid: 'u',
      format: 'btrfs',
      options: ['noatime'],
      layers: [
        { kind: 'array', name: 'root', uuid: 'a:b:c:d', level: 'raid1', devices: 2 },
        { kind: 'volume', name: 'crypt', uuid: 'v' },
      ],
    }
    assert.equal(isProvisioned(root), false)
    writePointer(root, pointer)
    assert.deepEqual(readPointer(root), pointer)
    assert.equal(isProvisioned(root), true)
    assert.equal(existsSync(root.resolve(rootNeedsNetworkPath)), false)
    assert.deepEqual(pointer.layers.map(pathOf), ['/dev/md/root', '/dev/mapper/crypt'])
  })
})

test('has the initrd make a network where tang servers open what is below root', () => {
  withFolder((folder) => {
    const root = new TargetRoot(folder)
    const pointer = { uuid: 'u', format: 'xfs', options: [], layers: [], needsNetwork: true }
    writePointer(root, pointer)
    assert.deepEqual(readPointer(root), pointer)
    const units = join(import.meta.dirname, '../../../units/initrd')
    const condition = `ConditionPathExists=/sysroot${rootNeedsNetworkPath}\n`
    assert.ok(existsSync(root.resolve(rootNeedsNetworkPath)))
    assert.ok(readFileSync(join(units, 'slipway-root-network.service'), 'utf8').includes(condition))
  })
})

test('refuses to guess from a pointer that is not whole', () => {
  withFolder((folder) => {
    mkdirSync(join(folder, 'var/lib/slipway'), { recursive: true })
    writeFileSync(join(folder, 'var/lib/slipway/root.json'), '{"uuid": "u", "format": "xfs"}')
    assert.throws(() => readPointer(new TargetRoot(folder)), /layers is not a list/)
  })
})

test('reads the layers below root from the kernel, the deepest first', async () => {
  const sys = mkdtempSync(join(tmpdir(), 'slipway-other-root-'))
  try {
    const put = (path: string, text: string) => {
      mkdirSync(join(sys, 'class/block', path, '..'), { recursive: true })
      writeFileSync(join(sys, 'class/block', path), text)
    }
    put('vdb1/size', '1')
    put('dm-1/slaves/vdb1', '')
    put('dm-1/dm/uuid', `CRYPT-LUKS2-${'0123456789abcdef'.repeat(2)}-low\n`)
    put('dm-1/dm/name', 'low\n')
    put('dm-2/slaves/dm-1', '')
    put('dm-2/dm/uuid', `CRYPT-LUKS2-${'f'.repeat(32)}-high\n`)
    put('dm-2/dm/name', 'high\n')
    put('dm-3/slaves/vdb1', '')
    put('dm-3/dm/uuid', 'LVM-x\n')
    assert.deepEqual(await layersOf('/dev/dm-2', sys), [
      { kind: 'volume', name: 'low', uuid: '01234567-89ab-cdef-0123-456789abcdef' },
      { kind: 'volume', name: 'high', uuid: 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
    ])
    assert.deepEqual(await layersOf('/dev/vdb1', sys), [])
    await assert.rejects(layersOf('/dev/dm-3', sys), /dm-3 is no LUKS2 volume/)
  } finally {
    rmSync(sys, { recursive: true })
  }
})

test('knows arrays and volumes by the names that their programs give them', () => {
  const uuid = '01234567:89abcdef:01234567:89abcdef'
  const said = `MD_LEVEL=raid1\nMD_DEVICES=2\nMD_UUID=${uuid}\n`
  assert.deepEqual(readDetail(`${said}MD_DEVNAME=root\n`, 'md127'), {
    kind: 'array',
    name: 'root',
    uuid,
  })
  assert.equal(readDetail(said, 'md127').name, 'md127')
  assert.equal(arrayTag(uuid), '01234567-89ab-cdef-0123-456789abcdef')
  assert.equal(volumeUuid('CRYPT-LUKS1-0123'), undefined)
})

test('tells the initrd how root is mounted, and the host where its ESP is', () => {
  assert.equal(
    mountEnvironment('/dev/dm-1', { format: 'xfs', options: ['noatime', 'logbsize=256k'] }),
    'DEVICE="/dev/dm-1"\nFORMAT="xfs"\nOPTIONS="rw,noatime,logbsize=256k"\n',
  )
  assert.match(espUnits('0-1')['boot.mount'] ?? '', /^What=\/dev\/disk\/by-partuuid\/0-1$/m)
})
