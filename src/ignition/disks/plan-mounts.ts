import type { Config, Path } from '../../ignition-schema/index.ts'

/** A file system to be mounted while the host's files are written. */
export type MountStep = {
  readonly at: Path
  readonly device: string
  readonly path: string
  readonly format: string
  readonly options: readonly string[]
}

/** The mounts of a config, a path before all that lies below it; unmounting goes backwards. */
export function planMounts({ storage }: Config): MountStep[] {
  return (storage?.filesystems ?? [])
    .flatMap(({ device, path, format, mountOptions = [] }, index): MountStep[] => {
      if (!path || !format || format === 'swap' || format === 'none') return []
      const at = ['storage', 'filesystems', index]
      return [{ at, device, path, format, options: mountOptions }]
    })
    .toSorted((a, b) => depth(a.path) - depth(b.path))
}

function depth(path: string): number {
  return path.split('/').filter((name) => name !== '').length
}
