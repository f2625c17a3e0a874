import { count, JsonShapeError, list, object, optional, parseJson, text } from '../../json/value.ts'
import type { Partition, PartitionTable } from './state.ts'

/**
 * A whole table as sfdisk(8) reads it. Every number is written out, so that sfdisk decides nothing.
 */
export function sfdiskScript({
  type,
  id,
  firstUsable,
  lastUsable,
  entries,
  partitions,
}: PartitionTable): string {
  const headers = [
    `label: ${type}`,
    `label-id: ${id}`,
    'unit: sectors',
    `first-lba: ${firstUsable}`,
    `last-lba: ${lastUsable}`,
    `table-length: ${entries}`,
  ]
  return `${[...headers, '', ...partitions.map(partitionLine)].join('\n')}\n`
}

function partitionLine({
  number,
  start,
  size,
  typeGuid,
  guid,
  label,
  attributes,
}: Partition): string {
  const fields = [`start=${start}`, `size=${size}`, `type=${typeGuid}`, `uuid=${guid}`]
  if (label !== '') fields.push(`name="${escaped(label)}"`)
  if (attributes !== '') fields.push(`attrs="${escaped(attributes)}"`)
  return `${number} : ${fields.join(', ')}`
}

/** sfdisk takes bytes as \xNN; nothing that could end the text stays as it is. */
function escaped(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      if (/[A-Za-z0-9 _.:-]/.test(character)) return character
      return `\\x${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
}

/**
 * Reads what `sfdisk --json` tells of a disk.
 * @returns the table and the size of a sector in bytes
 * @throws JsonShapeError when the text is not of that form
 */
export function readSfdisk(json: Uint8Array): { table: PartitionTable; sectorBytes: number } {
  const table = object(object(parseJson(json), 'sfdisk').partitiontable, 'partitiontable')
  const partitions = optional(table.partitions, 'partitions', list) ?? []
  return {
    sectorBytes: count(table.sectorsize, 'sectorsize'),
    table: {
      type: text(table.label, 'label'),
      id: text(table.id, 'id'),
      firstUsable: optional(table.firstlba, 'firstlba', count) ?? 0,
      lastUsable: optional(table.lastlba, 'lastlba', count) ?? 0,
      entries: Number(optional(table['table-length'], 'table-length', text) ?? '128'),
      partitions: partitions.map(readPartition),
    },
  }
}

function readPartition(value: unknown): Partition {
  const partition = object(value, 'a partition')
  const node = text(partition.node, 'node')
  const [, number] = /(\d+)$/.exec(node) ?? []
  if (number === undefined) throw new JsonShapeError(`${node} has no number at its end`)
  return {
    number: Number(number),
    start: count(partition.start, 'start'),
    size: count(partition.size, 'size'),
    label: optional(partition.name, 'name', text) ?? '',
    guid: (optional(partition.uuid, 'uuid', text) ?? '').toUpperCase(),
    typeGuid: text(partition.type, 'type').toUpperCase(),
    attributes: optional(partition.attrs, 'attrs', text) ?? '',
  }
}
