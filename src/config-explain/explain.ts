import type { Config } from '../ignition-schema/index.ts'
import { explainDisk } from './disks.ts'
import { explainFilesystem, explainMounts } from './filesystems.ts'
import { explainKernelArguments } from './kernel-arguments.ts'
import { explainNodes } from './nodes.ts'
import { explainFetches, explainMetadata } from './sources.ts'
import type { ExplainedStep } from './step.ts'
import { explainArray, explainVolume } from './volumes.ts'

/**
 * All that is done when a host is provisioned with a valid config, in order. What is done comes from
 * the planners that the host runs, held against assumed machines instead of a real one.
 */
export function explainConfig(config: Config): ExplainedStep[] {
  const { disks = [], raid = [], luks = [], filesystems = [] } = config.storage ?? {}
  const at = (list: string, index: number) => ['storage', list, index]
  return [
    ...explainFetches(config),
    ...explainMetadata(config),
    ...explainKernelArguments(config),
    ...disks.flatMap((disk, index) => explainDisk(disk, at('disks', index))),
    ...raid.map((each, index) => explainArray(each, at('raid', index))),
    ...luks.map((each, index) => explainVolume(each, at('luks', index))),
    ...filesystems.flatMap((each, index) => explainFilesystem(each, at('filesystems', index))),
    ...explainMounts(config),
    ...explainNodes(config),
  ]
}
