import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, test } from 'node:test'
import { ScratchHost } from '../scratch-host.ts'
import { LoopDisk, run } from './testing/loop-disk.ts'

assert.equal(process.getuid?.(), 0, 'these tests set up loop devices: run them as root')

const ignition = { version: '3.6.0' }
const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'
const text = (content: string) => ({ source: `data:,${encodeURIComponent(content)}` })

let host: ScratchHost
let disks: LoopDisk[]
beforeEach(() => {
  host = new ScratchHost()
  disks = []
})
afterEach(() => {
  unmountAll(host)
  for (const disk of disks) disk.remove()
  host.remove()
})

function newDisk(sizeMiB = 128, sectorBytes = 512): LoopDisk {
  const disk = new LoopDisk(sizeMiB, sectorBytes)
  disks.push(disk)
  return disk
}

async function succeed(storage: object, on = host): Promise<string> {
  const { status, stderr } = await on.provision({ ignition, storage })
  assert.equal(status, 0, stderr)
  return stderr
}

/** Whatever is refused leaves every byte of every disk as it was. */
async function refuse(storage: object, ...flags: string[]): Promise<string> {
  const before = disks.map((disk) => disk.digest())
  const { status, stderr } = await host.provision({ ignition, storage }, ...flags)
  assert.equal(status, 1, stderr)
  assert.deepEqual(
    disks.map((disk) => disk.digest()),
    before,
  )
  assert.equal(host.snapshot().has('/var/lib/slipway/provisioned'), false)
  return stderr
}

for (const sectorBytes of [512, 4096])
  test(`partitions, formats and fills an empty disk with sectors of ${sectorBytes} bytes`, async () => {
    const disk = newDisk(700, sectorBytes)
    const device = disk.device
    const perMiB = (1024 * 1024) / sectorBytes
    const guid = 'A1B2C3D4-0000-4000-8000-0123456789AB'
    await succeed({
      disks: [
        {
          device,
          partitions: [
            { label: 'data "ü"', sizeMiB: 350, guid },
            {
              number: 5,
              startMiB: 500,
              sizeMiB: 20,
              typeGuid: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F',
            },
            { label: 'rest' },
          ],
        },
      ],
      filesystems: [
        {
          device: disk.partition(1),
          format: 'xfs',
          path: '/srv/data',
          label: 'data',
          mountOptions: ['noatime'],
        },
        { device: disk.partition(2), format: 'ext4', path: '/srv/data/deep/er' },
        { device: disk.partition(5), format: 'swap', label: 'swap' },
      ],
      files: [
        { path: '/srv/data/a', contents: text('a') },
        { path: '/srv/data/deep/er/b', contents: text('b') },
      ],
    })
    const found = disk.partitions()
    assert.deepEqual(
      found.map(({ number, start, name }) => [number, start / perMiB, name]),
      [
        [1, 1, 'data "ü"'],
        [2, 520, 'rest'],
        [5, 500, ''],
      ].sort((a, b) => Number(a[0]) - Number(b[0])),
    )
    assert.equal(found[0]?.guid, guid)
    assert.equal(found[0]?.type, linux)
    assert.match(run('sgdisk', ['--verify', device]), /No problems found/)
    assert.match(run('blkid', ['--probe', disk.partition(5)]), /LABEL="swap".*TYPE="swap"/)
    assert.equal(fileOn(disk.partition(1), 'a'), 'a')
    assert.equal(fileOn(disk.partition(2), 'b'), 'b')
    assert.equal(host.snapshot().has('/srv/data/a'), false, 'a file system is still mounted')
  })

test('makes every format that the host can have', async () => {
  const formats = ['ext4', 'xfs', 'btrfs', 'vfat', 'swap']
  const disk = newDisk(1700)
  await succeed({
    disks: [{ device: disk.device, partitions: formats.map((label) => ({ label, sizeMiB: 320 })) }],
    filesystems: formats.map((format, index) => ({
      device: disk.partition(index + 1),
      format,
      label: format.toUpperCase(),
      uuid: format === 'vfat' ? 'A1B2-C3D4' : `0000000${index}-0000-4000-8000-0123456789AB`,
    })),
  })
  formats.forEach((format, index) => {
    const said = run('blkid', ['--probe', '--output', 'udev', disk.partition(index + 1)])
    const uuid = format === 'vfat' ? 'A1B2-C3D4' : `0000000${index}-0000-4000-8000-0123456789ab`
    assert.match(said, new RegExp(`ID_FS_LABEL=${format.toUpperCase()}\n`))
    assert.match(said, new RegExp(`ID_FS_UUID=${uuid}\n`))
  })
})

test('another host keeps what it finds right, and makes anew what it may wipe', async () => {
  const disk = newDisk()
  const storage = (wipeFilesystem: boolean) => ({
    disks: [{ device: disk.device, partitions: [{ number: 1, label: 'd', sizeMiB: 100 }] }],
    filesystems: [{ device: disk.partition(1), format: 'ext4', path: '/data', wipeFilesystem }],
  })
  await succeed({ ...storage(false), files: [{ path: '/data/old', contents: text('old') }] })
  const before = disk.partitions()
  const second = new ScratchHost()
  try {
    const said = await succeed(storage(false), second)
    assert.match(said, /are as they should be/)
    const { made, skipped } = JSON.parse(
      readFileSync(second.at('/etc/.ignition-result.json'), 'utf8'),
    )
    assert.deepEqual([made.partitions, made.filesystems], [[], []])
    assert.deepEqual(
      [skipped.partitions, skipped.filesystems],
      [
        [
          {
            name: `${disk.device} 1`,
            reason: 'it is there, and all that is given of it matches',
          },
        ],
        [{ name: disk.partition(1), reason: 'it holds the ext4 that is asked for' }],
      ],
    )
    assert.equal(fileOn(disk.partition(1), 'old'), 'old')
  } finally {
    second.remove()
  }
  const third = new ScratchHost()
  try {
    await succeed(storage(true), third)
    assert.throws(() => fileOn(disk.partition(1), 'old'), /ENOENT/)
    assert.deepEqual(disk.partitions(), before)
  } finally {
    third.remove()
  }
})

test('wipes, resizes, deletes and adds partitions beside one that is in use', async () => {
  const disk = newDisk(400)
  const { device } = disk
  run('sgdisk', [
    '--new=1:0:+50M',
    '--new=2:0:+50M',
    '--new=3:0:+50M',
    '--attributes=3:set:2',
    device,
  ])
  disk.restart()
  run('mkfs.ext4', ['-q', '-F', disk.partition(3)])
  const kept = disk.partitions()
  const mountPoint = host.at('/mnt')
  mkdirSync(mountPoint, { recursive: true })
  run('mkfs.ext4', ['-q', '-F', disk.partition(1)])
  run('mount', [disk.partition(1), mountPoint])
  writeFileSync(`${mountPoint}/here`, 'here')
  await succeed({
    disks: [
      {
        device,
        partitions: [
          { number: 2, shouldExist: false, wipePartitionEntry: true },
          { number: 3, sizeMiB: 0, resize: true },
          { number: 7, label: 'new', startMiB: 51, sizeMiB: 50 },
        ],
      },
    ],
  })
  assert.equal(readFileSync(`${mountPoint}/here`, 'utf8'), 'here')
  const found = disk.partitions()
  assert.deepEqual(
    found.map(({ number }) => number),
    [1, 3, 7],
  )
  assert.deepEqual(found[0], kept[0])
  assert.deepEqual({ ...found[1], last: 0 }, { ...kept[2], last: 0 })
  assert.equal(found[1]?.last, 400 * 2048 - 34)
  assert.match(run('sgdisk', ['--attributes=3:show', device]), /3:2:1/)
  const size = readFileSync(`/sys/class/block/${disk.partition(3).slice(5)}/size`, 'utf8')
  assert.equal(Number(size), 400 * 2048 - 34 - 101 * 2048 + 1)
})

test('stops before it touches anything in use', async () => {
  const disk = newDisk()
  run('sgdisk', ['--new=1:0:+50M', disk.device])
  disk.restart()
  run('mkfs.ext4', ['-q', '-F', disk.partition(1)])
  mkdirSync(host.at('/mnt'), { recursive: true })
  run('mount', ['-o', 'ro,noload', disk.partition(1), host.at('/mnt')])
  assert.match(
    await refuse({ disks: [{ device: disk.device, wipeTable: true }] }),
    /partitions in use \(1 by /,
  )
  const other = { number: 1, label: 'x', wipePartitionEntry: true }
  assert.match(
    await refuse({ disks: [{ device: disk.device, partitions: [other] }] }),
    /is in use by/,
  )
})

test('stops at every mismatch at once, with place and reason, before anything is written', async () => {
  const [first, second, third] = [newDisk(), newDisk(), newDisk()]
  if (first === undefined || second === undefined || third === undefined) throw new TypeError()
  run('sgdisk', ['--new=1:0:+50M', '--change-name=1:old', first.device])
  first.restart()
  run('mkswap', ['-L', 'theirs', second.device])
  run('mkfs.ext4', ['-q', '-F', third.device])
  const said = await refuse({
    disks: [
      { device: first.device, partitions: [{ number: 1, label: 'new' }] },
      { device: third.device, partitions: [{ label: 'p' }] },
    ],
    raid: [{ name: 'md', level: 'raid1', devices: [second.device, first.partition(1)] }],
    luks: [{ name: 'l', device: third.device }],
    filesystems: [{ device: second.device, format: 'ext4' }],
  })
  assert.match(
    said,
    /user\.ign:1:\d+: \$\.storage\.disks\.0\.partitions\.0\.label: partition 1 of \/dev\/loop\d+ has label "old", and "new" is asked for/,
  )
  assert.match(
    said,
    /\$\.storage\.disks\.1\.device: \/dev\/loop\d+ holds ext4 \(UUID [0-9a-f-]+\), and partitions of a GPT are asked for/,
  )
  assert.match(said, /\$\.storage\.raid\.0\.devices\.0: \/dev\/loop\d+ holds swap \(label "theirs"/)
  assert.match(said, /\$\.storage\.luks\.0\.device: \/dev\/loop\d+ holds ext4/)
  assert.match(said, /\$\.storage\.filesystems\.0\.format: \/dev\/loop\d+ holds swap/)
  assert.match(said, /the disks are not as the config needs them \(5 differences\)/)
})

test('a partition table where a file system is asked for is not given up', async () => {
  const disk = newDisk()
  run('sgdisk', ['--new=1:0:+50M', disk.device])
  const filesystems = [{ device: disk.device, format: 'ext4' }]
  assert.match(await refuse({ filesystems }), /holds gpt partition table, and ext4 is asked for/)
  await succeed({ filesystems: [{ ...filesystems[0], wipeFilesystem: true }] })
  assert.match(run('blkid', ['--probe', disk.device]), /TYPE="ext4"/)
})

test('wipeTable takes whatever table or file system there is', async () => {
  for (const prepare of [
    (device: string) =>
      run('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', device], 'label: dos\n2048\n'),
    (device: string) => run('mkfs.btrfs', ['-q', '-f', device]),
    (device: string) => run('sgdisk', ['--new=1:0:+50M', device]),
  ]) {
    const disk = newDisk()
    prepare(disk.device)
    // The kernel knows of its partitions, and has to forget them.
    disk.restart()
    const fresh = new ScratchHost()
    await succeed(
      {
        disks: [
          { device: disk.device, wipeTable: true, partitions: [{ number: 1, startMiB: 60 }] },
        ],
      },
      fresh,
    )
    assert.deepEqual(
      disk.partitions().map(({ number }) => number),
      [1],
    )
    assert.equal(
      run('wipefs', ['--noheadings', '--output', 'TYPE', disk.device]).replace(/\s+/g, ' ').trim(),
      'gpt gpt PMBR',
    )
    fresh.remove()
  }
})

test('says which option of the image brings a program that is missing, before anything is written', async () => {
  const disk = newDisk()
  const path = process.env.PATH
  process.env.PATH = host.outside
  for (const program of ['blkid', 'wipefs', 'lsblk', 'sfdisk', 'partx'])
    run('/usr/bin/ln', [
      '-s',
      run('/usr/bin/sh', ['-c', `PATH=${path}; command -v ${program}`]).trim(),
      `${host.outside}/${program}`,
    ])
  try {
    const { status, stderr } = await host.provision({
      ignition,
      storage: {
        disks: [{ device: disk.device, partitions: [{ number: 1 }] }],
        filesystems: [{ device: disk.partition(1), format: 'xfs' }],
      },
    })
    assert.equal(status, 1)
    assert.match(stderr, /this image has no mkfs\.xfs, which this part of the config needs/)
    assert.match(stderr, /Build the image with provisioning\.xfs: true/)
  } finally {
    process.env.PATH = path
  }
  assert.equal(run('wipefs', [disk.device]), '')
})

test('a link in the way of a mount is refused', async () => {
  const disk = newDisk()
  mkdirSync(host.at('/real'))
  run('ln', ['-s', '/real', host.at('/link')])
  const { status, stderr } = await host.provision({
    ignition,
    storage: { filesystems: [{ device: disk.device, format: 'ext4', path: '/link/x' }] },
  })
  assert.equal(status, 1)
  assert.match(
    stderr,
    /\$\.storage\.filesystems\.0: \/link\/x cannot be mounted on: \/link is a link/,
  )
})

test('each stage can be run by itself, from the config that fetch kept', async () => {
  const disk = newDisk()
  const link = `${host.outside}/by-id`
  run('ln', ['-s', disk.device, link])
  const config = {
    ignition,
    storage: {
      filesystems: [{ device: link, format: 'ext4', path: '/d' }],
      files: [{ path: '/d/f', contents: text('f') }],
    },
  }
  const cache = `--config-cache=${host.outside}/config.json`
  for (const stage of ['fetch', 'disks', 'mount', 'files', 'umount', 'umount']) {
    const { status, stderr } = await host.provision(config, `--stage=${stage}`, cache)
    assert.equal(status, 0, `${stage}: ${stderr}`)
    assert.equal(
      readFileSync('/proc/self/mounts', 'utf8').includes(host.at('/d')),
      ['mount', 'files'].includes(stage),
    )
  }
  assert.equal(fileOn(disk.device, 'f'), 'f')
})

function fileOn(device: string, name: string): string {
  const place = host.at('/mnt-of-test')
  mkdirSync(place, { recursive: true })
  run('mount', ['-o', 'ro', device, place])
  try {
    return readFileSync(`${place}/${name}`, 'utf8')
  } finally {
    run('umount', [place])
  }
}

function unmountAll({ root }: ScratchHost): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${root}/`))
  for (const path of mounts.reverse()) run('umount', [path])
}
