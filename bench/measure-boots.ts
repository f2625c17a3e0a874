import { type BootPart, bootParts } from './boot-split.ts'
import { type Bench, type BootTimes, readMemory, timeBoot } from './boots.ts'
import type { Guest } from './guests.ts'
import type { MemoryReport } from './memory-report.ts'
import { type Row, row, type Side } from './rows.ts'

type Guests = readonly Guest[]

type Samples<T> = Readonly<Record<Side, readonly T[]>>

const titles: Readonly<Record<BootPart, string>> = {
  firmware: 'of this the firmware, by its own clock',
  loader: 'of this the boot loader, by its own clock',
  kernel: 'kernel',
  initrd: 'initrd',
  userspace: 'userspace, until the host says that it is up',
}

/** Boots the guests in turns. */
export async function measureBoot(
  guests: Guests,
  bench: Bench,
  { runs, say }: { readonly runs: number; say(text: string): void },
): Promise<Row[]> {
  const boots = await inTurns(guests, runs, async (guest) => {
    const times = await timeBoot(guest, bench)
    say(`boot, ${nameOf(guest.side)}: answered after ${(times.answeredMs / 1000).toFixed(1)} s`)
    return times
  })
  const times = (title: string, pick: (boot: BootTimes) => number | undefined) => ({
    title,
    samples: mapSamples(boots, pick),
  })
  const answered = times('From power-on until the container answers', (boot) => boot.answeredMs)
  const parts = [
    times('firmware and boot loader', (boot) => boot.kernelStartMs),
    ...bootParts.map((part) => times(titles[part], (boot) => boot.split[part])),
  ]
  return [
    row('boot', answered.title, 'ms', answered.samples, { share: 0.5 }),
    ...parts.map(({ title, samples }) => row('boot', title, 'ms', samples)),
  ].filter(({ ours, peer }) => ours.length + peer.length > 0)
}

/** Reads what the guests need of memory while they rest. */
export async function measureMemory(
  guests: Guests,
  bench: Bench,
  { say }: { say(text: string): void },
): Promise<Row[]> {
  const reports = await inTurns(guests, 1, async (guest) => {
    const report = await readMemory(guest, bench)
    say(`memory, ${nameOf(guest.side)}: ${(report.usedBytes / 1e6).toFixed(0)} MB`)
    return report
  })
  const bytes = (pick: (report: MemoryReport) => number | undefined) => mapSamples(reports, pick)
  return [
    row(
      'memory',
      'Host at rest (MemTotal less MemAvailable)',
      'bytes',
      bytes((each) => each.usedBytes),
    ),
    row(
      'memory',
      'Supervisor at rest, its share (PSS)',
      'bytes',
      bytes((each) => each.service?.pssBytes),
    ),
    row(
      'memory',
      'of this what no file backs',
      'bytes',
      bytes((each) => each.service?.anonymousBytes),
    ),
    row(
      'memory',
      'Supervisor at rest, resident (RSS)',
      'bytes',
      bytes((each) => each.service?.rssBytes),
    ),
  ]
}

/** One after another, and round again: whatever slows the machine down meets all of them. */
async function inTurns<T>(
  guests: Guests,
  runs: number,
  measure: (guest: Guest) => Promise<T>,
): Promise<Samples<T>> {
  const samples: Record<Side, T[]> = { ours: [], peer: [] }
  for (let index = 0; index < runs; index++)
    for (const guest of guests) samples[guest.side].push(await measure(guest))
  return samples
}

function mapSamples<T>(samples: Samples<T>, pick: (sample: T) => number | undefined) {
  const values = (side: Side) => samples[side].flatMap((sample) => pick(sample) ?? [])
  return { ours: values('ours'), peer: values('peer') }
}

function nameOf(side: Side): string {
  return side === 'ours' ? 'Slipway' : 'mkosi'
}
