import type { Path, Raid } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import type { Unfinished } from './plan-filesystem.ts'
import { type Content, describe } from './state.ts'
import type { DiskStep } from './step.ts'

/** A member of an array as it is: its device and what that holds. */
export type Member = {
  readonly device: string
  readonly content?: Content
  readonly partitionGuid?: string
  /** Of which array it is a member, where it is one. */
  readonly array?: ArraySuperblock
}

/** What `mdadm --examine --export` tells of a member. */
export type ArraySuperblock = {
  readonly uuid: string
  readonly level: string
  /** How many devices the array works with, spares not counted. */
  readonly devices: number
  /** Without the host that it was made for. */
  readonly name: string
}

export type RaidPlan =
  | { readonly findings: readonly Finding[]; readonly steps?: never }
  | { readonly findings?: never; readonly steps: readonly DiskStep[]; readonly uuid: string }

/**
 * Plans an array. Members may hold nothing, or be partitions that this config made; an array with
 * the same name, level and number of devices on all of them is taken over. There is no flag by
 * which a config could give up other content, so such stops the plan.
 */
export function planRaid(
  raid: Raid,
  at: Path,
  members: readonly Member[],
  {
    made,
    earlier,
    newUuid,
  }: {
    readonly made: ReadonlySet<string>
    readonly earlier?: Unfinished
    readonly newUuid: () => string
  },
): RaidPlan {
  const device = arrayDevice(raid.name)
  const uuid = earlier?.uuid ?? newUuid()
  const isOurs = (member: Member) => member.array?.uuid === arrayUuid(uuid)
  const taken =
    earlier?.isDone === true && members.every(isOurs) ? arrayUuid(uuid) : sameArray(raid, members)
  const paths = members.map((member) => member.device)
  if (taken !== undefined)
    return { steps: [{ kind: 'assemble-array', at, device, uuid: taken, members: paths }], uuid }
  const findings = members.flatMap((member, index): Finding[] => {
    const isNew = member.partitionGuid !== undefined && made.has(member.partitionGuid)
    if (member.content === undefined || isNew || (earlier !== undefined && isOurs(member)))
      return []
    return [
      {
        at: [...at, 'devices', index],
        message: `${member.device} holds ${describe(member.content)}, and a member of the array ${raid.name} is asked for`,
        expected:
          'an empty device, or its disk in storage.disks with wipeTable: true to lose what is there',
      },
    ]
  })
  if (findings.length > 0) return { findings }
  return {
    steps: [
      {
        kind: 'create-array',
        at,
        device,
        name: raid.name,
        parameters: createParameters(raid, paths, uuid),
      },
    ],
    uuid,
  }
}

/** Where an array appears: its name below /dev/md, unless it is a path already. */
export function arrayDevice(name: string): string {
  return name.startsWith('/dev') ? name : `/dev/md/${name}`
}

function createParameters(
  { name, level = '', spares = 0, options = [] }: Raid,
  members: readonly string[],
  uuid: string,
): string[] {
  // By its path: mdadm takes a bare name for a file, where the directory it is run in has one of that name, such as /root.
  const device = `/dev/md/${name}`
  return [
    ...['--create', device, '--force', '--run', '--homehost', 'any', '--uuid', arrayUuid(uuid)],
    ...['--level', level, '--raid-devices', String(members.length - spares)],
    ...(spares > 0 ? ['--spare-devices', String(spares)] : []),
    ...options,
    ...members,
  ]
}

/** As mdadm writes UUIDs: four groups of eight digits. */
function arrayUuid(uuid: string): string {
  return uuid
    .toLowerCase()
    .replaceAll('-', '')
    .replace(/.{8}(?=.)/g, '$&:')
}

function sameArray(
  { name, level = '', devices = [], spares = 0 }: Raid,
  members: readonly Member[],
): string | undefined {
  const [first] = members
  if (first?.array === undefined) return undefined
  const { uuid, level: found, devices: working, name: called } = first.array
  const isSame =
    members.every((member) => member.array?.uuid === uuid) &&
    found === levelName(level) &&
    working === devices.length - spares &&
    called === name.replace(/^.*\//, '')
  return isSame ? uuid : undefined
}

/** mdadm's name for a level out of those that the specification has. */
export function levelName(level: string): string {
  if (level === 'stripe') return 'raid0'
  if (level === 'mirror') return 'raid1'
  return /^\d+$/.test(level) ? `raid${level}` : level
}

/** Reads `mdadm --examine --export`; undefined when the device is no member. */
export function readExamine(output: string): ArraySuperblock | undefined {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(output)?.[1] ?? ''
  const uuid = value('MD_UUID')
  if (uuid === '') return undefined
  return {
    uuid,
    level: value('MD_LEVEL'),
    devices: Number(value('MD_DEVICES')),
    name: value('MD_NAME').replace(/^[^:]*:/, ''),
  }
}
