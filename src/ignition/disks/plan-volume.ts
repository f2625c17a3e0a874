import { randomUUID } from 'node:crypto'
import type { Luks, Path } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'
import type { Unfinished } from './plan-filesystem.ts'
import { type Content, describe } from './state.ts'
import type { BindTangStep, DiskStep } from './step.ts'

/** What an encrypted volume's header says beyond what blkid tells. */
export type VolumeHeader = { readonly version: number; readonly allowsDiscards: boolean }

export type VolumePlan =
  | { readonly findings: readonly Finding[]; readonly steps?: never; readonly uuid?: never }
  | { readonly findings?: never; readonly steps: readonly DiskStep[]; readonly uuid: string }

/**
 * Plans an encrypted volume. One that fits is opened as it is, which takes a key file of the config
 * and no binding; nothing is made into one; anything else only gives way to wipeVolume. What a cut
 * run finished is opened, and what it did not finish is made again.
 */
export function planVolume(
  luks: Luks,
  at: Path,
  {
    content,
    header,
    earlier,
  }: {
    readonly content?: Content
    readonly header?: VolumeHeader
    readonly earlier?: Unfinished
  },
): VolumePlan {
  const isOurs =
    earlier !== undefined && content?.type === 'crypto_LUKS' && content.uuid === earlier.uuid
  if (isOurs && earlier.isDone) return { steps: [openStep(luks, at)], uuid: earlier.uuid }
  if (luks.wipeVolume !== true && !isOurs && content !== undefined) {
    const findings = obstacles(luks, at, content, header)
    return findings.length > 0 ? { findings } : { steps: [openStep(luks, at)], uuid: content.uuid }
  }
  const uuid = luks.uuid || earlier?.uuid || randomUUID()
  return { steps: makeSteps(luks, at, uuid, content !== undefined), uuid }
}

/** Whether the machine's TPM opens the volume alone. */
export function opensByTpm({ clevis }: Luks): boolean {
  return clevis?.tpm2 === true && (clevis.threshold ?? 0) <= 1
}

/** Whether the machine's TPM is one of several that the volume takes. */
export function sharesWithTpm({ clevis }: Luks): boolean {
  return clevis?.tpm2 === true && (clevis.threshold ?? 0) > 1
}

/** Whether the volume opens by tang servers. */
export function opensByTang({ clevis }: Luks): boolean {
  return (clevis?.tang ?? []).length > 0
}

/** Whether the volume opens by one of these, and not by a key file that the host keeps. */
export function isBound(luks: Luks): boolean {
  return opensByTpm(luks) || opensByTang(luks)
}

function makeSteps(luks: Luks, at: Path, uuid: string, holdsSomething: boolean): DiskStep[] {
  const { name, device = '', label, options = [], keyFile } = luks
  const parameters = [
    ...['luksFormat', '--batch-mode', '--type', 'luks2', '--key-file', '-', '--uuid', uuid],
    ...(label ? ['--label', label] : []),
    ...options,
    device,
  ]
  const steps: DiskStep[] = []
  if (luks.wipeVolume === true || holdsSomething)
    steps.push({ kind: 'wipe-signatures', at, device })
  steps.push({ kind: 'format-volume', at, device, name, parameters }, openStep(luks, at))
  if (!isBound(luks)) return steps
  if (opensByTpm(luks))
    steps.push({ kind: 'enroll-tpm', at: [...at, 'clevis', 'tpm2'], device, name })
  steps.push(...tangSteps(luks, [...at, 'clevis']))
  if (!keyFile?.source) steps.push({ kind: 'remove-key', at, device, name })
  return steps
}

/** One key for each server, unless it takes several. */
function tangSteps(luks: Luks, at: Path): BindTangStep[] {
  const { name, device = '', clevis } = luks
  const { tang: servers = [], threshold = 0 } = clevis ?? {}
  const bind = (place: Path, chosen: typeof servers): BindTangStep => ({
    ...{ kind: 'bind-tang', at: place, device, name },
    urls: chosen.map(({ url = '' }) => url),
    threshold: Math.max(threshold, 1),
    withTpm: sharesWithTpm(luks),
    isProven: chosen.every(({ advertisement }) => !advertisement),
  })
  return threshold > 1
    ? [bind([...at, 'threshold'], servers)]
    : servers.map((server, index) => bind([...at, 'tang', index], [server]))
}

function openStep(luks: Luks, at: Path): DiskStep {
  const { name, device = '', discard, openOptions = [] } = luks
  // Kept in the header, so that the host opens it in the same way.
  const parameters = [
    '--persistent',
    ...(discard === true ? ['--allow-discards'] : []),
    ...openOptions,
  ]
  return { kind: 'open-volume', at, device, name, parameters }
}

function obstacles(
  luks: Luks,
  at: Path,
  content: Content,
  header: VolumeHeader | undefined,
): Finding[] {
  const { device = '', label, uuid, discard = false, keyFile } = luks
  const expected = 'what is there, or wipeVolume: true to lose it'
  const against = (field: string, message: string): Finding => ({
    at: [...at, field],
    message: `${device} holds ${message} without wipeVolume`,
    expected,
  })
  if (content.type !== 'crypto_LUKS')
    return [against('device', `${describe(content)}, and an encrypted volume is asked for`)]
  if (header?.version !== 2)
    return [against('device', `a volume of LUKS${header?.version ?? ''}, and LUKS2 is asked for`)]
  const found: Finding[] = []
  if (isBound(luks))
    found.push(
      against(
        'clevis',
        'an encrypted volume of which nobody knows what opens it, and a binding is asked for',
      ),
    )
  if (!keyFile?.source)
    found.push(
      against(
        'keyFile',
        'an encrypted volume already, and no key file is given that would open it,',
      ),
    )
  if (label !== undefined && label !== content.label)
    found.push(
      against('label', `a volume with the label "${content.label}", and "${label}" is asked for`),
    )
  if (uuid !== undefined && uuid !== content.uuid)
    found.push(against('uuid', `a volume with the UUID ${content.uuid}, and ${uuid} is asked for`))
  if (discard !== header.allowsDiscards)
    found.push(
      against(
        'discard',
        `a volume that ${header.allowsDiscards ? 'allows' : 'does not allow'} discards, and the opposite is asked for`,
      ),
    )
  return found
}
