import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Partition as Asked } from '../../ignition-schema/index.ts'
import { carryOutDiskStep } from './carry-out.ts'
import { lookAtDisk } from './look.ts'
import { planPartitions } from './plan-partitions.ts'
import { LoopDisk, run } from './testing/loop-disk.ts'

assert.equal(process.getuid?.(), 0, 'these tests set up loop devices: run them as root')

const rounds = 16
const sizeMiB = 96

/** Runs what the reference implementation runs: all partitions of the config deleted, then made. */
function bySgdisk(device: string, asked: readonly Asked[], existing: ReadonlySet<number>): boolean {
  const { sectorBytes } = sectors(device)
  const inSectors = (mebibytes: number | undefined) =>
    ((mebibytes ?? 0) * 1024 * 1024) / sectorBytes
  const ordered = asked.toSorted((a, b) => Number(!a.number) - Number(!b.number))
  const deleted = ordered.flatMap(({ number = 0 }) =>
    existing.has(number) ? [`--delete=${number}`] : [],
  )
  const made = ordered
    .filter(({ shouldExist }) => shouldExist !== false)
    .flatMap(({ number = 0, startMiB, sizeMiB: size, label }) => [
      `--new=${number}:${inSectors(startMiB)}:+${inSectors(size)}`,
      ...(label === undefined ? [] : [`--change-name=${number}:${label}`]),
    ])
  try {
    run('sgdisk', [...deleted, ...made, device])
    return true
  } catch {
    return false
  }
}

function sectors(device: string): { sectorBytes: number } {
  return {
    sectorBytes: Number(run('lsblk', ['--nodeps', '--noheadings', '--output', 'LOG-SEC', device])),
  }
}

async function byPlan(device: string, asked: readonly Asked[]): Promise<boolean> {
  const state = await lookAtDisk(device)
  const plan = planPartitions({ device, partitions: asked }, [], state, () => crypto.randomUUID())
  if (plan.findings !== undefined) return false
  for (const step of plan.steps) await carryOutDiskStep(step, new Map())
  return true
}

for (const sectorBytes of [512, 4096])
  test(`puts partitions where sgdisk puts them, with sectors of ${sectorBytes} bytes`, async () => {
    const random = generator(sectorBytes)
    let made = 0
    let refused = 0
    for (let round = 0; round < rounds; round++) {
      const before = randomLayout(random)
      const asked = randomConfig(random)
      const [theirs, ours] = [
        new LoopDisk(sizeMiB, sectorBytes),
        new LoopDisk(sizeMiB, sectorBytes),
      ]
      try {
        for (const disk of [theirs, ours]) {
          if (before.length > 0) run('sgdisk', [...before, disk.device])
          disk.restart()
        }
        const existing = new Set(theirs.partitions().map(({ number }) => number))
        const accepted = bySgdisk(theirs.device, asked, existing)
        const what = JSON.stringify({ before, asked })
        assert.equal(await byPlan(ours.device, asked), accepted, what)
        const places = (disk: LoopDisk) =>
          disk
            .partitions()
            .map(({ number, start, last, name, type }) => [number, start, last, name, type])
        assert.deepEqual(places(ours), places(theirs), what)
        accepted ? made++ : refused++
      } finally {
        theirs.remove()
        ours.remove()
      }
    }
    assert.ok(made >= rounds / 3, `only ${made} layouts were possible`)
    assert.ok(refused > 0, 'every layout was possible')
  })

type Random = (below: number) => number

/** Partitions of before, some of them not on whole MiB, as arguments of sgdisk. */
function randomLayout(random: Random): string[] {
  const alignment = [1, 8, 2048][random(3)]
  const partitions = numbers(random(4)).map((index) => {
    const start = 1 + index * 24 + random(8)
    return `--new=${index * 2 + 1}:${start}M:+${1 + random(14)}M`
  })
  return partitions.length === 0 ? [] : [`--set-alignment=${alignment}`, ...partitions]
}

/** Partitions that may all be wiped, so that the reference's answer is sgdisk's. */
function randomConfig(random: Random): Asked[] {
  const chosen = new Set<number>()
  return numbers(1 + random(4)).map((index) => {
    const number = random(6)
    if (number === 0 || chosen.has(number))
      return { label: `n${index}`, ...size(), wipePartitionEntry: true }
    chosen.add(number)
    // The reference refuses unnumbered partitions beside deletions; so no deletions here.
    return { number, label: `l${index}`, ...start(), ...size(), wipePartitionEntry: true }
  })

  function size(): Asked {
    return random(3) === 0 ? {} : { sizeMiB: random(30) }
  }
  function start(): Asked {
    return random(2) === 0 ? {} : { startMiB: random(90) }
  }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** The same numbers at every run. */
function generator(seed: number): Random {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
