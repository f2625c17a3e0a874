import { keyPath } from '../ignition/disks/crypttab.ts'
import { arrayDevice, levelName, type Member, planRaid } from '../ignition/disks/plan-raid.ts'
import {
  isBound,
  opensByTang,
  opensByTpm,
  planVolume,
  sharesWithTpm,
} from '../ignition/disks/plan-volume.ts'
import type { Luks, Path, Raid } from '../ignition-schema/index.ts'
import { anythingElse, outcome } from './outcome.ts'
import { sourceOf } from './sources.ts'
import { type ExplainedStep, explained } from './step.ts'

const someUuid = '11111111-2222-3333-4444-555555555555'

/** An array by what the engine plans for members that hold nothing, this array, or something else. */
export function explainArray(raid: Raid, at: Path): ExplainedStep {
  const { name, level = '', devices = [], spares = 0, options = [] } = raid
  const plan = (member: Omit<Member, 'device'>, made: readonly string[] = []) =>
    planRaid(
      raid,
      at,
      devices.map((device) => ({ device, ...member })),
      { made: new Set(made), newUuid: () => someUuid },
    )
  const array = {
    uuid: someUuid,
    level: levelName(level),
    devices: devices.length - spares,
    name: name.replace(/^.*\//, ''),
  }
  const member = { content: { ...anythingElse, type: 'linux_raid_member' }, array }
  const own = { content: anythingElse, partitionGuid: someUuid }
  const held = { loses: true, none: 'kept as it is' }
  return explained({
    stage: 'disks',
    at,
    text: `array ${arrayDevice(name)} (${levelName(level)}) of ${devices.join(', ')}`,
    details: [
      ...(spares > 0 ? [`${spares} of them spare`] : []),
      ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    ],
    cases: [
      outcome('its members hold nothing', plan({}), held),
      outcome('they are partitions that this config made', plan(own, [someUuid]), held),
      outcome('they are this array already', plan(member), held),
      outcome('one holds anything else', plan({ content: anythingElse }), held),
    ],
  })
}

function openersOf(luks: Luks): string {
  if (!isBound(luks)) return `the key in ${keyPath(luks)}`
  const { tang = [], threshold = 0 } = luks.clevis ?? {}
  const servers = tang.map(({ url }) => url)
  const many = threshold > 1 ? `${threshold} of ` : ''
  const share = sharesWithTpm(luks) ? 'its TPM and ' : ''
  return [
    ...(opensByTpm(luks) ? ['its TPM'] : []),
    ...(opensByTang(luks) ? [`${many}${share}tang at ${servers.join(', ')}`] : []),
  ].join(', or ')
}

/** An encrypted volume, likewise. */
export function explainVolume(luks: Luks, at: Path): ExplainedStep {
  const { name, device = '', label, uuid = someUuid, discard = false, keyFile } = luks
  const content = { type: 'crypto_LUKS', label: label ?? '', uuid, isAmbiguous: false }
  const header = { version: 2, allowsDiscards: discard }
  const held = { loses: true, none: 'kept as it is' }
  return explained({
    stage: 'disks',
    at,
    text: `encrypted volume ${name} on ${device}`,
    details: [
      ...(label ? [`label "${label}"`] : []),
      `the host opens it by ${openersOf(luks)}`,
      'a line in /etc/crypttab',
    ],
    sources: keyFile?.source ? [sourceOf(keyFile)] : [],
    cases: [
      outcome('the device holds nothing', planVolume(luks, at, {}), { ...held, loses: false }),
      outcome('it holds such a volume', planVolume(luks, at, { content, header }), held),
      outcome('it holds anything else', planVolume(luks, at, { content: anythingElse }), held),
    ],
  })
}
