import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import { deviceAt, waitForDevice } from '../disks/look.ts'
import { mountedAt } from '../disks/mounted-at.ts'
import { type MountStep, planMounts } from '../disks/plan-mounts.ts'
import { runProgram } from '../disks/program.ts'
import { loadModule } from '../disks/volumes.ts'
import { furnish, type Roots } from '../other-root/furnish.ts'
import { isRoot, targetOf } from '../other-root/root-filesystem.ts'
import { placed } from '../placed-error.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { sync } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import { openFetched } from './fetched-config.ts'
import type { FetchedConfig, Stage, StageContext } from './stage.ts'

/** Mounts the config's file systems below the target root, so that files are written onto them. */
export const mountStage: Stage<FetchedConfig, void> = async (context, fetched) => {
  await eachMount(context, fetched, (steps) => steps, mount)
}

/** Does something for every mount of a config, in an order; errors name the place in the config. */
export async function eachMount(
  { root, log }: Pick<StageContext, 'root' | 'log'>,
  fetched: FetchedConfig,
  order: (steps: MountStep[]) => MountStep[],
  act: (step: MountStep, roots: Roots, log: StageContext['log']) => Promise<void>,
): Promise<void> {
  if (fetched === undefined) return
  const parsed = openFetched(fetched)
  if (parsed.config === undefined) throw new ConfigRefusedError(parsed.problems)
  const roots = { image: root, target: targetOf(root, parsed.config) }
  for (const step of order(planMounts(parsed.config)))
    await placed(parsed, step.at, () => act(step, roots, log))
}

async function mount(step: MountStep, roots: Roots, log: StageContext['log']): Promise<void> {
  const { path, format, options } = step
  const device = await waitForDevice(step.device)
  const target = join(roots.target.directory, path).replace(/(?<=.)\/+$/, '')
  const there = mountedAt(target)
  if (there === undefined || deviceAt(there) !== device) {
    makeDirectories(path, target, roots.target)
    await ensureFormat(format)
    log.info(`mounting ${step.device} at ${path}`)
    const chosen = options.length === 0 ? [] : ['-o', options.join(',')]
    await runProgram('mount', [...chosen, '-t', format, device, target])
  }
  if (isRoot(path)) await furnish(roots)
}

/** A link on the way might lead out of the target root, and the host would follow it elsewhere. */
function makeDirectories(path: string, target: string, root: TargetRoot): void {
  let place = root.directory
  for (const name of path.split('/').filter((each) => each !== '')) {
    place = join(place, name)
    const stats = lstatIfExists(place)
    if (stats === undefined) break
    if (!stats.isDirectory()) {
      const reason = `${root.hostPath(place)} is ${stats.isSymbolicLink() ? 'a link' : 'not a directory'}`
      throw ignitionDiskErrors.error('SLIPWAY_IGNITION_MOUNT_POINT', { path, reason })
    }
  }
  root.makeParents(join(target, 'inside'), sync)
}

/** Loads what the kernel needs for a format; throws SLIPWAY_IGNITION_KERNEL_LACKS. */
export async function ensureFormat(format: string): Promise<void> {
  if (knowsFormat(format)) return
  await loadModule(format)
  if (knowsFormat(format)) return
  const details = { feature: format, module: format, option: format }
  throw ignitionDiskErrors.error('SLIPWAY_IGNITION_KERNEL_LACKS', details)
}

function knowsFormat(format: string): boolean {
  const lines = readFileSync('/proc/filesystems', 'utf8').split('\n')
  return lines.some((line) => line.split('\t').at(-1) === format)
}
