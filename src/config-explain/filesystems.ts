import { planFilesystem } from '../ignition/disks/plan-filesystem.ts'
import { planMounts } from '../ignition/disks/plan-mounts.ts'
import { isRoot } from '../ignition/other-root/root-filesystem.ts'
import type { Config, Filesystem, Path } from '../ignition-schema/index.ts'
import { anythingElse, outcome } from './outcome.ts'
import { type ExplainedStep, explained } from './step.ts'

/** A file system by what the engine plans for a device that holds nothing, the same, or other data. */
export function explainFilesystem(filesystem: Filesystem, at: Path): ExplainedStep[] {
  const { device, format, label, uuid, options = [] } = filesystem
  if (!format) return []
  const isNone = format === 'none'
  const same = {
    type: format,
    label: label ?? '',
    uuid: uuid ?? '',
    isAmbiguous: false,
  }
  const given = [label && `label "${label}"`, uuid && `UUID ${uuid}`].filter(Boolean).join(', ')
  const none = isNone ? 'nothing' : 'kept as it is'
  const held = { loses: true, none }
  const plan = (found?: typeof same) => planFilesystem(filesystem, at, found)
  return [
    explained({
      stage: 'disks',
      at,
      text: isNone
        ? `no file system on ${device}`
        : `file system ${format} on ${device}${given && ` with ${given}`}`,
      details: options.length > 0 ? [`options ${options.join(' ')}`] : [],
      cases: [
        outcome('the device holds nothing', plan(), { loses: false, none }),
        ...(isNone
          ? []
          : [outcome(`it holds ${format}${given && ` with ${given}`}`, plan(same), held)]),
        outcome('it holds anything else', plan(anythingElse), held),
      ],
    }),
  ]
}

/** What is mounted while files are written, in that order. */
export function explainMounts(config: Config): ExplainedStep[] {
  return planMounts(config).map(({ at, device, path, format, options }) =>
    explained({
      stage: 'mount',
      at,
      text: isRoot(path)
        ? `${device} becomes root; the boot disk keeps where it is`
        : `mounting ${device} at ${path} while files are written`,
      details: [format, ...(options.length > 0 ? [`options ${options.join(',')}`] : [])],
    }),
  )
}
