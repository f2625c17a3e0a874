import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ScratchHost } from '../scratch-host.ts'
import { LoopDisk, run } from './testing/loop-disk.ts'
import { losePower } from './testing/lose-power.ts'

assert.equal(process.getuid?.(), 0, 'these tests set up loop devices: run them as root')

test('a run after SIGKILL before any program or change ends as an uninterrupted one', async () => {
  const { calls, expected } = await withDisk(async (disk, host) => {
    const made = await host.provisionUntilCall(config(disk), Number.POSITIVE_INFINITY)
    return { calls: made ?? 0, expected: outcome(disk) }
  })
  assert.ok(calls > 40, `only ${calls} calls were seen`)
  assert.deepEqual(expected.slice(-2), ['neighbour', 'old\nonce\n'])
  // Others at the next run of this test.
  const stride = Math.ceil(calls / 16)
  for (let call = 1 + (Date.now() % stride); call <= calls; call += stride)
    await withDisk(async (disk, host) => {
      assert.equal(await host.provisionUntilCall(config(disk), call), undefined)
      losePower(disk, host)
      const { status, stderr } = await host.provision(config(disk))
      assert.equal(status, 0, `after a kill at call ${call}: ${stderr}`)
      assert.deepEqual(outcome(disk), expected, `after a kill at call ${call}`)
    })
})

test('a table of which neither copy outlived the power loss is written again, neighbours included', async () => {
  const expected = await withDisk(async (disk, host) => {
    assert.equal((await host.provision(config(disk))).status, 0)
    return outcome(disk)
  })
  await withDisk(async (disk, host) => {
    const journal = '/var/lib/slipway/provisioning.json'
    for (let call = 5; !host.snapshot().get(journal)?.includes('disk /dev/loop'); call += 5)
      assert.equal(await host.provisionUntilCall(config(disk), call), undefined)
    const zeros = (seek: number) => [
      'if=/dev/zero',
      `of=${disk.device}`,
      'bs=512',
      'count=33',
      `seek=${seek}`,
      'status=none',
    ]
    run('dd', zeros(1))
    run('dd', zeros(128 * 2048 - 33))
    losePower(disk, host)
    assert.deepEqual(disk.partitions(), [])
    const { status, stderr } = await host.provision(config(disk))
    assert.equal(status, 0, stderr)
    assert.deepEqual(outcome(disk), expected)
  })
})

/** A partition of somebody else's, one to wipe, one without a number, and files on both. */
function config(disk: LoopDisk): object {
  return {
    ignition: { version: '3.6.0' },
    storage: {
      disks: [
        {
          device: disk.device,
          partitions: [
            { number: 2, label: 'wiped', sizeMiB: 30, startMiB: 40, wipePartitionEntry: true },
            { label: 'new', sizeMiB: 20 },
          ],
        },
      ],
      filesystems: [
        {
          device: disk.partition(2),
          format: 'ext4',
          label: 'wiped',
          path: '/w',
          wipeFilesystem: true,
        },
        { device: disk.partition(3), format: 'ext4', path: '/w/n' },
      ],
      files: [
        { path: '/w/a', append: [{ source: 'data:,old%0A' }, { source: 'data:,once%0A' }] },
        { path: '/w/n/b', contents: { source: 'data:,b' } },
      ],
    },
  }
}

async function withDisk<T>(use: (disk: LoopDisk, host: ScratchHost) => Promise<T>): Promise<T> {
  const disk = new LoopDisk(128)
  const host = new ScratchHost()
  try {
    run('sgdisk', ['--new=1:0:+20M', '--change-name=1:theirs', '--new=2:0:+10M', disk.device])
    disk.restart()
    run('mkfs.ext4', ['-q', '-F', disk.partition(1)])
    onDisk(disk.partition(1), (place) => run('tee', [`${place}/f`], 'neighbour'))
    return await use(disk, host)
  } finally {
    losePower(disk, host)
    disk.remove()
    host.remove()
  }
}

/** All that must be the same whatever was cut: places and names, and what is in every file. */
function outcome(disk: LoopDisk): unknown[] {
  const places = disk
    .partitions()
    .map(({ number, start, last, name }) => [number, start, last, name])
  const read = (number: number, name: string) =>
    onDisk(disk.partition(number), (place) => readFileSync(`${place}/${name}`, 'utf8'))
  return [...places, read(3, 'b'), read(1, 'f'), read(2, 'a')]
}

function onDisk<T>(device: string, use: (place: string) => T): T {
  const place = `/tmp/slipway-cut-${process.pid}`
  mkdirSync(place, { recursive: true })
  run('mount', [device, place])
  try {
    return use(place)
  } finally {
    run('umount', [place])
  }
}
