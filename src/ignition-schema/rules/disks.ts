import type { Config, Disk, Partition } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { checkPath } from './paths.ts'

/** Disks, and the partitions of each by themselves and beside each other. */
export function checkDisks(config: Draft<Config>, report: Report): void {
  config.storage?.disks?.forEach((disk, index) => {
    if (disk !== undefined) checkDisk(disk, ['storage', 'disks', index], report)
  })
}

function checkDisk(disk: Draft<Disk>, path: Path, report: Report): void {
  const { device, partitions = [] } = disk
  partitions.forEach((partition, index) => {
    if (partition !== undefined) checkPartition(partition, [...path, 'partitions', index], report)
  })
  if (device === '') report('IGNITION_DEVICE_REQUIRED', [...path, 'device'])
  else checkPath(device, [...path, 'device'], report)
  checkTogether(partitions, [...path, 'partitions'], report)
}

function checkPartition(partition: Draft<Partition>, path: Path, report: Report): void {
  const { label, number = 0, shouldExist, typeGuid, guid, startMiB, sizeMiB } = partition
  const others = [label, typeGuid || undefined, guid || undefined, startMiB, sizeMiB]
  if (shouldExist === false && others.some((other) => other !== undefined))
    report('IGNITION_PARTITION_ABSENT', path)
  if (number === 0 && label === undefined) report('IGNITION_PARTITION_UNNAMED', path)
  checkLabel(label, [...path, 'label'], report)
  checkGuid(guid, [...path, 'guid'], report)
  checkGuid(typeGuid, [...path, 'typeGuid'], report)
}

function checkLabel(label: string | undefined, path: Path, report: Report): void {
  if (label === undefined) return
  const length = Buffer.byteLength(label)
  if (length > 36) report('IGNITION_PARTITION_LABEL_LENGTH', path, { length })
  else if (label.includes(':')) report('IGNITION_PARTITION_LABEL_COLON', path)
}

function checkGuid(guid: string | undefined, path: Path, report: Report): void {
  if (guid === undefined || guid === '') return
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(guid)) report('IGNITION_GUID', path)
}

function checkTogether(
  partitions: readonly (Draft<Partition> | undefined)[],
  path: Path,
  report: Report,
): void {
  const numbers = new Set<number>()
  const labels = new Set<string>()
  const ranges: Range[] = []
  partitions.forEach((partition, index) => {
    if (partition === undefined) return
    const { number = 0, label } = partition
    if (numbers.has(number)) report('IGNITION_PARTITION_NUMBERS', [...path, index], { number })
    if (number !== 0) numbers.add(number)
    if (label !== undefined && labels.has(label))
      report('IGNITION_PARTITION_LABELS', [...path, index])
    if (label !== undefined) labels.add(label)
    const range = rangeOf(partition, index)
    if (range === undefined) return
    const other = ranges.find((each) => overlap(range, each) || overlap(each, range))
    if (other !== undefined) report('IGNITION_PARTITIONS_OVERLAP', [...path, index], other)
    ranges.push(range)
  })
}

type Range = { readonly index: number; readonly from: number; readonly to: number }

function overlap(one: Range, other: Range): boolean {
  const isWithin = (place: number) => place >= other.from && place <= other.to
  const surrounds = one.from < other.from && one.to > other.to
  return isWithin(one.from) || isWithin(one.to) || surrounds
}

/** Undefined for a partition of which the place depends on the disk. */
function rangeOf({ startMiB, sizeMiB }: Draft<Partition>, index: number): Range | undefined {
  if (startMiB === undefined || startMiB === 0 || sizeMiB === undefined) return undefined
  // A size of 0 is what is left, which begins at the start in any case.
  return { index, from: startMiB, to: sizeMiB === 0 ? startMiB : startMiB + sizeMiB - 1 }
}
