import type { Content } from './state.ts'

/** What a device holds and is; without `content` it holds nothing that is known. */
export type Probed = {
  readonly content?: Content
  /** The type of its partition table: gpt, dos. */
  readonly table?: string
  /** Its GUID, where it is a partition. */
  readonly partitionGuid?: string
}

/** Reads what `blkid --probe --output udev` says of a device. */
export function readBlkid(output: string): Probed {
  const fields = new Map(
    output
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line): [string, string] => [
        line.slice(0, line.indexOf('=')),
        line.slice(line.indexOf('=') + 1),
      ]),
  )
  const value = (name: string) => decoded(fields.get(`${name}_ENC`) ?? fields.get(name) ?? '')
  const guid = value('ID_PART_ENTRY_UUID').toUpperCase()
  const ambiguous = value('ID_FS_AMBIVALENT')
  const table = value('ID_PART_TABLE_TYPE')
  const type = ambiguous || value('ID_FS_TYPE') || (table && `${table} partition table`)
  const probed = { ...(table && { table }), ...(guid && { partitionGuid: guid }) }
  if (!type) return probed
  return {
    ...probed,
    content: {
      type,
      label: value('ID_FS_LABEL'),
      uuid: value('ID_FS_UUID'),
      isAmbiguous: ambiguous !== '',
    },
  }
}

/** blkid writes what is not plain as \xNN, byte by byte. */
function decoded(text: string): string {
  const bytes = text.split(/(\\x[0-9a-f]{2})/i).map((part) => {
    return /^\\x[0-9a-f]{2}$/i.test(part)
      ? Buffer.from([Number.parseInt(part.slice(2), 16)])
      : Buffer.from(part)
  })
  return Buffer.concat(bytes).toString('utf8')
}
