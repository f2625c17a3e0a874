import type { Config, Path } from '../../ignition-schema/index.ts'
import { TargetRoot } from '../root/target-root.ts'

/** The file system that a config wants its host's root to be. */
export type RootFilesystem = {
  readonly at: Path
  readonly device: string
  readonly format: string
  readonly options: readonly string[]
}

/** Undefined where root stays in the partition of the boot disk that the image made. */
export function rootFilesystem({ storage }: Config): RootFilesystem | undefined {
  for (const [index, filesystem] of (storage?.filesystems ?? []).entries()) {
    const { device, path, format = '', mountOptions = [] } = filesystem
    if (path && isRoot(path))
      return { at: ['storage', 'filesystems', index], device, format, options: mountOptions }
  }
  return undefined
}

/** Whether a mount point is root, also as `//`. */
export function isRoot(path: string): boolean {
  return /^\/+$/.test(path)
}

/** Where the other root is while its files are written: in the runtime directory, which no later boot has. */
const mountPoint = '/run/slipway/root'

/**
 * What the files of a config go to: the root that was mounted, or a directory for the one that the config asks for,
 * which is made here and mounted by the mount stage.
 */
export function targetOf(root: TargetRoot, config: Config): TargetRoot {
  if (rootFilesystem(config) === undefined) return root
  const directory = root.resolve(mountPoint)
  root.makeParents(`${directory}/inside`, () => undefined)
  return new TargetRoot(directory)
}
