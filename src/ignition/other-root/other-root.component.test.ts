import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LoopDisk, run } from '../disks/testing/loop-disk.ts'
import { losePower } from '../disks/testing/lose-power.ts'
import { writeRaidMember } from '../disks/testing/raid-member.ts'
import { openLog } from '../log.ts'
import { TargetRoot } from '../root/target-root.ts'
import { ScratchHost } from '../scratch-host.ts'
import { membersOf, openLayers } from './open.ts'
import { readPointer } from './pointer.ts'

assert.equal(process.getuid?.(), 0, 'these tests set up loop devices: run them as root')

const skeleton = readFileSync(
  join(import.meta.dirname, '../../../units/tmpfiles/slipway-root.conf'),
  'utf8',
)

const opening = {
  log: openLog(false),
  holders: {
    ask: async () => assert.fail('nothing here is bound to a tang server'),
    openTpm: async () => assert.fail('nothing here is bound to a TPM'),
  },
  waits: { memberMs: 0, deviceMs: 0 },
}

test('makes root elsewhere, with all that a host finds on one, and tells the boot disk where', async () => {
  await withDisk(async (disk, host) => {
    const { status, stderr } = await host.provision(config(disk))
    assert.equal(status, 0, stderr)
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
    assert.ok(!mounts.includes(host.root), mounts)
    const files = ['old\nonce\n', 'default\nlocal\n']
    assert.deepEqual(outcome(disk, host), [...files, '1777', 'ext4'])
    const pointer = readPointer(new TargetRoot(host.root))
    assert.deepEqual(
      { ...pointer, uuid: '' },
      { uuid: '', format: 'ext4', options: ['noatime'], layers: [], needsNetwork: false },
    )
    assert.equal(await openLayers(pointer, opening), disk.partition(1))
    const again = await host.provision(config(disk))
    assert.match(again.stderr, /provisioned already/)
  })
})

test('says that root is lost instead of taking another one', async () => {
  await withDisk(async (disk, host) => {
    assert.equal((await host.provision(config(disk))).status, 0)
    const pointer = readPointer(new TargetRoot(host.root))
    run('mkfs.ext4', ['-q', '-F', disk.partition(1)])
    await assert.rejects(
      openLayers(pointer, opening),
      /root is not to be had from UUID .*: the ext4 of root is on no disk of this machine/,
    )
    const array = { kind: 'array', name: 'slipway-test', level: 'raid1', devices: 2 } as const
    const layers = [{ ...array, uuid: '0:0:0:0' }]
    await assert.rejects(
      openLayers({ ...pointer, layers }, opening),
      /none of the 2 devices of the array slipway-test/,
    )
  })
})

test('waits for a device of an array, but not for one that it has lost before', async () => {
  const size = 64
  const disks = [new LoopDisk(size), new LoopDisk(size)]
  try {
    const uuid = 'a1b2c3d4-0000-4000-8000-0123456789ab'
    const [one = '', other = ''] = disks.map(({ device }) => device)
    const write = (number: number, events: bigint, roles: (number | undefined)[]) =>
      writeRaidMember([one, other][number] ?? '', size * 2 ** 20, {
        ...{ uuid, devices: 2, number, events, roles },
      })
    const hourMs = 60 * 60_000
    write(0, 7n, [0, 1])
    assert.deepEqual(await membersOf(uuid, 2, 0), [one])
    const waiting = membersOf(uuid, 2, hourMs)
    write(1, 7n, [0, 1])
    assert.deepEqual((await waiting).sort(), [one, other].sort())
    run('wipefs', ['--all', '--quiet', other])
    write(0, 9n, [0, undefined])
    assert.deepEqual(await membersOf(uuid, 2, hourMs), [one])
  } finally {
    for (const disk of disks) disk.remove()
  }
})

test('a run after SIGKILL before any program or change ends as an uninterrupted one', async () => {
  const { calls, expected } = await withDisk(async (disk, host) => {
    const made = await host.provisionUntilCall(config(disk), Number.POSITIVE_INFINITY)
    return { calls: made ?? 0, expected: outcome(disk, host) }
  })
  assert.ok(calls > 40, `only ${calls} calls were seen`)
  // Others at the next run of this test, and always the last ones, where two disks have to agree.
  const stride = Math.ceil(calls / 8)
  const cuts = [1 + (Date.now() % stride)]
  while ((cuts.at(-1) ?? 0) + stride < calls - 6) cuts.push((cuts.at(-1) ?? 0) + stride)
  for (const call of [...cuts, calls - 6, calls - 4, calls - 2, calls])
    await withDisk(async (disk, host) => {
      assert.equal(await host.provisionUntilCall(config(disk), call), undefined)
      losePower(disk, host)
      const { status, stderr } = await host.provision(config(disk))
      assert.equal(status, 0, `after a kill at call ${call}: ${stderr}`)
      assert.deepEqual(outcome(disk, host), expected, `after a kill at call ${call}`)
    })
})

function config(disk: LoopDisk): object {
  return {
    ignition: { version: '3.6.0' },
    storage: {
      disks: [{ device: disk.device, wipeTable: true, partitions: [{ number: 1, label: 'r' }] }],
      filesystems: [
        {
          ...{ device: disk.partition(1), path: '/', format: 'ext4', label: 'root' },
          ...{ wipeFilesystem: true, mountOptions: ['noatime'] },
        },
      ],
      files: [
        { path: '/srv/a', append: [{ source: 'data:,old%0A' }, { source: 'data:,once%0A' }] },
        { path: '/etc/default-of-image', append: [{ source: 'data:,local%0A' }] },
      ],
    },
  }
}

async function withDisk<T>(use: (disk: LoopDisk, host: ScratchHost) => Promise<T>): Promise<T> {
  const disk = new LoopDisk(64)
  const host = new ScratchHost()
  host.put('/usr/lib/tmpfiles.d/slipway-root.conf', skeleton)
  host.put('/usr/share/slipway/etc/default-of-image', 'default\n')
  try {
    return await use(disk, host)
  } finally {
    losePower(disk, host)
    disk.remove()
    host.remove()
  }
}

/** What is on the new root, and that nothing of it is on the boot disk. */
function outcome(disk: LoopDisk, host: ScratchHost): unknown[] {
  for (const path of [
    '/srv/a',
    '/var/lib/slipway/provisioned',
    '/var/lib/slipway/provisioning.json',
  ])
    assert.ok(!existsSync(host.at(path)), path)
  const place = host.at('/run/look')
  run('mkdir', ['-p', place])
  run('mount', ['-o', 'ro', disk.partition(1), place])
  try {
    const read = (path: string) => readFileSync(join(place, path), 'utf8')
    assert.ok(existsSync(join(place, 'var/lib/slipway/provisioned')))
    assert.ok(!existsSync(join(place, 'var/lib/slipway/provisioning.json')))
    return [
      read('srv/a'),
      read('var/lib/slipway/etc/upper/default-of-image'),
      (statSync(join(place, 'tmp')).mode & 0o7777).toString(8),
      readPointer(new TargetRoot(host.root)).format,
    ]
  } finally {
    run('umount', [place])
  }
}
