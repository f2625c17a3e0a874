import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import { discoverLayout } from './discover.ts'
import { findSlots, type SlotPartition } from './layout.ts'
import { changePartitions, deviceNumber, readPartitionTable } from './partition-table.ts'
import { contentOf } from './testing/content.ts'
import { makeDisk, makeRelease, scratchFolder, sfdiskTable } from './testing/disk-image.ts'
import { readBackRootHash } from './verity.ts'
import { writePartition } from './write-partition.ts'

assert.equal(process.getuid?.(), 0, 'these tests attach loop devices: run them as root')

const SECTOR = 512
const MIB = 1 << 20

test('the table of a block device is read and changed, its first copy spoilt or not', async (context) => {
  const { disk, device } = deviceFor(context)
  const expected = await readPartitionTable(disk)
  assert.deepEqual(await readPartitionTable(device), { ...expected, disk: device })
  execFileSync('dd', ['if=/dev/zero', `of=${device}`, 'seek=1', 'count=1', 'status=none'])
  assert.deepEqual(await readPartitionTable(device), { ...expected, disk: device })
  await changePartitions(device, [{ number: 5, label: 'slipway_2' }])
  assert.equal(sfdiskTable(device)[4]?.name, 'slipway_2')
  assert.match(execFileSync('sfdisk', ['--verify', device], { encoding: 'utf8' }), /No errors/)
})

test('a slot on block devices is written, and read back from the disk', async (context) => {
  const { folder, disk } = deviceFor(context)
  const next = makeRelease(folder, '2', 3 * MIB + 4096)
  const table = await readPartitionTable(disk)
  const { free } = findSlots(table, rootHashOfRunning(folder), true)
  const onDevice = (partition: SlotPartition): SlotPartition => {
    const { startBytes, sizeBytes } = partition
    const path = attach(context, disk, startBytes, sizeBytes)
    return { ...partition, node: path, extent: { path, offsetBytes: 0, sizeBytes } }
  }
  const [usr, verity] = [onDevice(free.usr), onDevice(free.verity)]
  for (const [partition, bytes] of [
    [usr, next.usr],
    [verity, next.verity],
  ] as const)
    await writePartition({
      partition,
      content: contentOf(bytes),
      name: '/usr',
      checkpoint: undefined,
      record: async () => {},
    })
  assert.equal(await readBackRootHash(usr.extent, verity.extent, usr.node), next.rootHash)
  execFileSync('veritysetup', ['verify', usr.node, verity.node, next.rootHash])
})

test('the host’s slots are found from its command line and what /usr is mounted from', async (context) => {
  const { folder, disk, device } = deviceFor(context)
  const paths = hostOf(folder, disk, device)
  const { layout, rootHash, esp } = await discoverLayout(paths)
  assert.equal(rootHash, rootHashOfRunning(folder))
  assert.deepEqual(esp, { directory: '/boot', device: `${device}p1` })
  assert.equal(layout.running.usr.uuid, slotUuids(rootHash).data)
  assert.deepEqual(layout.free.usr.extent, {
    path: `${device}p5`,
    offsetBytes: 0,
    sizeBytes: layout.free.usr.sizeBytes,
  })
})

test('a partition that the kernel has elsewhere is refused', async (context) => {
  const { folder, disk, device } = deviceFor(context)
  const paths = hostOf(folder, disk, device)
  const file = join(paths.sys, 'class/block', `${basename(device)}p6`, 'start')
  writeFileSync(file, `${Number(readFileSync(file, 'utf8')) + 8}\n`)
  await assert.rejects(
    discoverLayout(paths),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_KERNEL_DIFFERS') &&
      error.message.includes(`${device}p6`),
  )
})

/** A disk that runs release 1, as a file and as a block device. */
function deviceFor(context: TestContext): { folder: string; disk: string; device: string } {
  const folder = scratchFolder(context)
  const disk = makeDisk(folder, makeRelease(folder, '1', 64 * 4096))
  return { folder, disk, device: attach(context, disk, 0, statSync(disk).size) }
}

function attach(context: TestContext, file: string, offset: number, sizeLimit: number): string {
  const place = [`--offset=${offset}`, `--sizelimit=${sizeLimit}`]
  const device = execFileSync('losetup', ['--find', '--show', ...place, file], {
    encoding: 'utf8',
  }).trim()
  context.after(() => execFileSync('losetup', ['--detach', device]))
  return device
}

function rootHashOfRunning(folder: string): string {
  return readFileSync(join(folder, '1.hash'), 'utf8').trim()
}

/** A host's /proc and /sys as far as discovery looks into them: a verity target over two partitions. */
function hostOf(folder: string, disk: string, device: string) {
  const [sys, usr, commandLine] = [
    join(folder, 'sys'),
    join(folder, 'usr'),
    join(folder, 'cmdline'),
  ]
  mkdirSync(usr)
  writeFileSync(commandLine, `usrhash=${rootHashOfRunning(folder)} rw\n`)
  const target = join(sys, 'dev/block', deviceNumber(statSync(usr).dev))
  mkdirSync(join(target, 'slaves'), { recursive: true })
  const starts = [...sfdiskTable(disk).map(({ start }) => start), statSync(disk).size / SECTOR]
  mkdirSync(join(sys, 'class/block'), { recursive: true })
  for (const number of [2, 3, 4, 5, 6, 7]) {
    const name = `${basename(device)}p${number}`
    const partition = join(sys, 'devices', basename(device), name)
    const [start = 0, end = 0] = starts.slice(number - 1, number + 1)
    mkdirSync(partition, { recursive: true })
    writeFileSync(join(partition, 'partition'), `${number}\n`)
    writeFileSync(join(partition, 'start'), `${start}\n`)
    writeFileSync(join(partition, 'size'), `${end - start}\n`)
    symlinkSync(partition, join(sys, 'class/block', name))
    if (number <= 3) symlinkSync(partition, join(target, 'slaves', name))
  }
  return { sys, usr, commandLine, boot: '/boot' }
}
