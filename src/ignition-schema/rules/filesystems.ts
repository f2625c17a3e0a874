import type { Config, Disk, Filesystem } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { checkPath } from './paths.ts'

/** Filesystems, and what they do to the disks of the same config. */
export function checkFilesystems(config: Draft<Config>, minor: number, report: Report): void {
  const { filesystems = [], disks = [] } = config.storage ?? {}
  filesystems.forEach((filesystem, index) => {
    if (filesystem === undefined) return
    const path = ['storage', 'filesystems', index]
    // An empty path is as good as none: the filesystem is made and not mounted.
    checkPath(filesystem.path || undefined, [...path, 'path'], report)
    checkPath(filesystem.device, [...path, 'device'], report)
    checkFormat(filesystem, path, minor, report)
    checkLabel(filesystem, [...path, 'label'], report)
    const disk = disks.findLast((each) => each?.device === filesystem.device)
    if (disk !== undefined) checkDisk(filesystem, disk, [...path, 'device'], report)
  })
}

/** The longest label in bytes of each format that has labels; 3.3.0 brought "none". */
const longestLabel = { ext4: 16, btrfs: 256, xfs: 12, swap: 15, vfat: 11 } as const

function checkFormat(
  filesystem: Draft<Filesystem>,
  path: Path,
  minor: number,
  report: Report,
): void {
  const { format, mountOptions = [], options = [] } = filesystem
  const known = [...Object.keys(longestLabel), ...(minor < 3 ? [] : ['none'])]
  const formats = known.join(', ')
  if (format) {
    if (!known.includes(format))
      report('IGNITION_FILESYSTEM_FORMAT', [...path, 'format'], { formats })
    return
  }
  const { path: mountPoint, label, uuid, wipeFilesystem } = filesystem
  const listed = mountOptions.length + options.length > 0
  if (mountPoint || label || uuid || wipeFilesystem === true || listed)
    report('IGNITION_FILESYSTEM_FORMAT_REQUIRED', [...path, 'format'], { formats })
}

function checkLabel({ format, label }: Draft<Filesystem>, path: Path, report: Report): void {
  if (!label) return
  if (!format) {
    report('IGNITION_FILESYSTEM_LABEL_FORMAT', path)
    return
  }
  const length = Buffer.byteLength(label)
  const maximum = isLabelled(format) ? longestLabel[format] : Number.POSITIVE_INFINITY
  if (length > maximum)
    report('IGNITION_FILESYSTEM_LABEL_LENGTH', path, { length, maximum, format })
}

function isLabelled(format: string): format is keyof typeof longestLabel {
  return Object.hasOwn(longestLabel, format)
}

function checkDisk(
  filesystem: Draft<Filesystem>,
  disk: Draft<Disk>,
  path: Path,
  report: Report,
): void {
  if ((disk.partitions ?? []).length > 0) report('IGNITION_FILESYSTEM_OVER_PARTITIONS', path)
  else if (disk.wipeTable === true && filesystem.wipeFilesystem !== true)
    report('IGNITION_FILESYSTEM_WIPED', path)
}
