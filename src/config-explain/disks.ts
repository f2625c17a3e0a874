import { decide } from '../ignition/disks/partition-decision.ts'
import { type Resolved, resolvePlaces } from '../ignition/disks/partition-places.ts'
import { planPartitions } from '../ignition/disks/plan-partitions.ts'
import type { DiskState, Partition, PartitionTable } from '../ignition/disks/state.ts'
import type { Disk, Path } from '../ignition-schema/index.ts'
import { anythingElse, outcome, stop } from './outcome.ts'
import { type Case, type ExplainedStep, explained } from './step.ts'

type Asked = NonNullable<Disk['partitions']>[number]

/** A disk of the config, then its partitions: each by what the engine plans for assumed disks. */
export function explainDisk(disk: Disk, at: Path): ExplainedStep[] {
  const { device, wipeTable = false, partitions = [] } = disk
  const state = assumedDisk(disk)
  const whole = explained({
    stage: 'disks',
    at,
    text: `disk ${device}`,
    cases: diskCases(disk, at, state),
  })
  const empty = planPartitions({ ...disk, wipeTable: true }, at, state, () => assumedGuid)
  if (empty.findings !== undefined)
    return [
      whole,
      ...empty.findings.map((finding) =>
        explained({
          stage: 'disks',
          at: finding.at,
          text: `partitions of ${device}`,
          cases: [stop('the disk is empty', finding.message)],
        }),
      ),
    ]
  if (empty.table === undefined) return [whole]
  const layout = { partitions, at: [...at, 'partitions'], wanted: empty.table, state, wipeTable }
  return [whole, ...explainPartitions(layout)]
}

/** A disk with room for all: what is left open in the config stays open in the words. */
function assumedDisk({ device, partitions = [] }: Disk): DiskState {
  const ends = partitions.map(({ startMiB = 0, sizeMiB = 0 }) => startMiB + sizeMiB)
  const mebibytes = ends.reduce((sum, end) => sum + end, 1024 * 1024)
  return { device, sectorBytes: 512, sectors: mebibytes * 2048, usedPartitions: new Map() }
}

const assumedGuid = '00000000-0000-4000-8000-000000000000'

function diskCases(disk: Disk, at: Path, state: DiskState): Case[] {
  const plan = (more: Partial<DiskState>, when: string) => {
    const bare = { ...disk, partitions: [] }
    const { findings } = planPartitions(disk, at, { ...state, ...more }, () => assumedGuid)
    const { steps } = planPartitions(bare, at, { ...state, ...more }, () => assumedGuid)
    const none = (disk.partitions ?? []).length > 0 ? 'the partitions below' : 'nothing'
    const loses = Object.keys(more).length > 0
    return outcome(when, { steps, findings }, { loses, none })
  }
  const { table } = planPartitions({ ...disk, wipeTable: true }, at, state, () => assumedGuid)
  return [
    plan({}, 'it is empty'),
    ...(table === undefined ? [] : [plan({ table: { ...table, partitions: [] } }, 'it has a GPT')]),
    plan({ content: anythingElse }, 'it holds anything else'),
    plan({ usedBy: 'a mount' }, 'it is in use'),
  ]
}

type Layout = {
  readonly partitions: readonly Asked[]
  readonly at: Path
  /** The table of the assumed disk with all that the config wants. */
  readonly wanted: PartitionTable
  readonly state: DiskState
  readonly wipeTable: boolean
}

function explainPartitions({ partitions, at, wanted, state, wipeTable }: Layout): ExplainedStep[] {
  const decideFor = (index: number, there: readonly Partition[]) => {
    const table = { ...wanted, partitions: there }
    const all = resolvePlaces(partitions, at, table, state)
    const own = all.find((each) => each.at.at(-1) === index)
    return own === undefined ? undefined : { own, decision: decide(own, all, table, state) }
  }
  return partitions.map((asked, index) => {
    const found = wipeTable ? [] : assumedPartitions(asked, wanted)
    const cases = [{ when: 'there is none', partition: undefined }, ...found].flatMap(
      ({ when, partition }): Case[] => {
        const decided = decideFor(index, partition === undefined ? [] : [partition])
        return decided === undefined ? [] : [partitionCase(when, decided)]
      },
    )
    const always = cases.length === 1 && wipeTable
    return explained({
      stage: 'disks',
      at: [...at, index],
      text: `${nameOf(asked)} of ${state.device}${always ? `: ${cases[0]?.result}` : ''}`,
      details: detailsOf(asked),
      cases: [
        ...(always ? [] : cases),
        ...(asked.shouldExist === false ? [] : [stop('there is no room for it')]),
      ],
    })
  })
}

type Decided = { readonly own: Resolved; readonly decision: ReturnType<typeof decide> }

function partitionCase(when: string, { own, decision }: Decided): Case {
  const { asked } = own
  switch (decision.kind) {
    case 'keep':
      return {
        when,
        result: asked.shouldExist === false ? 'nothing' : 'kept as it is',
        destroys: false,
        stops: false,
      }
    case 'refuse':
      return stop(when)
    case 'delete':
      return { when, result: 'deleted', destroys: true, stops: false }
    case 'resize':
      return { when, result: `resized: ${sizeText(asked)}`, destroys: true, stops: false }
    case 'create': {
      const isThere = decision.existing !== undefined
      const result = isThere ? 'deleted and made anew' : 'made'
      return { when, result, destroys: isThere, stops: false }
    }
  }
}

/** Partitions that may be there with this number, each with how it compares to what is asked. */
function assumedPartitions(
  asked: Asked,
  { partitions }: PartitionTable,
): { when: string; partition: Partition }[] {
  const { number = 0, startMiB, sizeMiB, guid, typeGuid, label, shouldExist } = asked
  if (number === 0) return []
  if (shouldExist === false)
    return [{ when: `there is a partition ${number}`, partition: { ...anyPartition, number } }]
  const same = partitions.find((each) => each.number === number)
  if (same === undefined) return []
  const other = {
    ...same,
    ...(startMiB !== undefined && { start: same.start + 1 }),
    ...(guid && { guid: assumedGuid.replaceAll('0', '1') }),
    ...(typeGuid && { typeGuid: assumedGuid.replaceAll('0', '1') }),
    ...(label !== undefined && { label: `${label}?` }),
  }
  const given = Object.entries({ label, startMiB, sizeMiB, guid, typeGuid })
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name]) => name)
  const matching =
    given.length === 0 ? 'there is one' : `there is one with this ${given.join(', ')}`
  const hasOther = given.some((name) => name !== 'sizeMiB')
  return [
    { when: matching, partition: same },
    ...(sizeMiB === undefined
      ? []
      : [{ when: 'only its size differs', partition: { ...same, size: same.size + 1 } }]),
    ...(hasOther ? [{ when: 'it differs otherwise', partition: other }] : []),
  ]
}

const anyPartition: Omit<Partition, 'number'> = {
  start: 2048,
  size: 2048,
  label: '',
  guid: assumedGuid,
  typeGuid: assumedGuid,
  attributes: '',
}

function nameOf({ number = 0, label, shouldExist }: Asked): string {
  const name = label ? ` "${label}"` : ''
  if (number !== 0) return `partition ${number}${shouldExist === false ? '' : name}`
  return `partition${name} with the lowest free number`
}

function detailsOf(asked: Asked): string[] {
  const { startMiB = 0, guid, typeGuid, shouldExist } = asked
  if (shouldExist === false) return []
  const start = startMiB === 0 ? 'at the start of the largest free block' : `at ${startMiB} MiB`
  return [
    `${sizeText(asked)}, ${start}`,
    ...(typeGuid ? [`type ${typeGuid}`] : []),
    ...(guid ? [`GUID ${guid}`] : []),
  ]
}

function sizeText({ sizeMiB = 0 }: Asked): string {
  return sizeMiB === 0 ? 'to the end of the free block' : `${sizeMiB} MiB`
}
