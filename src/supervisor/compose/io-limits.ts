import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import { type DiskLimit, type IoLimits, isWeight } from '../containers/io-limits.ts'
import type { NodeReader } from './node-reader.ts'
import { parseBytes, parseCount } from './quantities.ts'

export const ioKeys = [
  'weight',
  'weight_device',
  'device_read_bps',
  'device_write_bps',
  'device_read_iops',
  'device_write_iops',
] as const

export const ioRateKeys = ['path', 'rate'] as const
export const ioWeightKeys = ['path', 'weight'] as const

/** Reads `blkio_config`. */
export function readIoLimits(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
): IoLimits | undefined {
  const section = reader.section(node, path, ioKeys)
  if (section === undefined) return undefined
  const { weight } = section
  const ioWeight =
    weight && reader.parsed(weight.value, [...path, 'weight'], 'a weight', parseWeight)
  const list = (key: (typeof ioKeys)[number], field: 'rate' | 'weight', parse: Parse) => {
    const entry = section[key]
    return entry && readDisks(reader, entry.value, [...path, key], field, parse)
  }
  return {
    ...some('ioWeight', ioWeight),
    ...some('ioWeights', list('weight_device', 'weight', parseWeight)),
    ...some('ioReadBytes', list('device_read_bps', 'rate', parseBytes)),
    ...some('ioWriteBytes', list('device_write_bps', 'rate', parseBytes)),
    ...some('ioReads', list('device_read_iops', 'rate', parseCount)),
    ...some('ioWrites', list('device_write_iops', 'rate', parseCount)),
  }
}

type Parse = (text: string) => number

function readDisks(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  field: 'rate' | 'weight',
  parse: Parse,
): readonly DiskLimit[] | undefined {
  return reader.items(node, path)?.flatMap((item, index) => {
    const at = [...path, index]
    const keys = field === 'rate' ? ioRateKeys : ioWeightKeys
    const section = reader.section<'path' | 'rate' | 'weight'>(item, at, keys)
    if (section === undefined) return []
    const disk = reader.parsed(section.path?.value, [...at, 'path'], 'a disk', parsePath)
    const value = reader.parsed(section[field]?.value, [...at, field], `a ${field}`, parse)
    return disk === undefined || value === undefined ? [] : [{ path: disk, value }]
  })
}

function parsePath(text: string): string {
  if (text.startsWith('/dev/')) return text
  throw new RangeError(`expected a disk such as /dev/vda, found "${text}"`)
}

function parseWeight(text: string): number {
  const weight = Number(text)
  if (/^\d+$/.test(text) && isWeight(weight)) return weight
  throw new RangeError(`expected a weight from 10 to 1000, found "${text}"`)
}
