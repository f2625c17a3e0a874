import { readAssignments } from './assignments.ts'
import { Fields } from './fields.ts'
import type { Entry, NodeReader } from './node-reader.ts'

/** A volume of a file: its name on the host, and what a new one is labelled with. */
export type DeclaredVolume = {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
}

/** By the keys under which the file's services name them. */
export type DeclaredVolumes = ReadonlyMap<string, DeclaredVolume>

export const volumeKeys = ['name', 'external', 'driver', 'labels'] as const

export const refusedInVolumes = {
  driver_opts: 'volumes are directories of the host: bind mounts are for everything else',
}

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/

/** Reads the top-level key `volumes`. */
export function readVolumes(
  reader: NodeReader,
  entry: Entry | undefined,
  project: string,
): DeclaredVolumes {
  const volumes = new Map<string, DeclaredVolume>()
  if (entry === undefined) return volumes
  for (const { key, keyNode, value } of reader.entries(entry.value, ['volumes']) ?? []) {
    const path = ['volumes', key]
    if (!volumeName.test(key)) reader.problem(keyNode, path, 'a name has letters, digits, . _ -')
    const usual = { name: `${project}_${key}` }
    volumes.set(key, reader.isNothing(value) ? usual : readVolume(reader, value, key, usual.name))
  }
  return volumes
}

function readVolume(
  reader: NodeReader,
  node: unknown,
  key: string,
  usualName: string,
): DeclaredVolume {
  const path = ['volumes', key]
  const section = reader.section(node, path, volumeKeys, refusedInVolumes)
  if (section === undefined) return { name: usualName }
  const fields = new Fields(reader, path, section)
  fields.parsed('driver', 'a driver', (text) => {
    if (text !== 'local') throw new RangeError(`there is only the driver local, found "${text}"`)
  })
  const name = fields.parsed('name', 'a name', (text) => {
    if (volumeName.test(text)) return text
    throw new RangeError(`expected letters, digits, . _ -, found "${text}"`)
  })
  const labels = fields.read('labels', readAssignments)
  if (fields.flag('external') === true) {
    for (const other of ['driver', 'labels'] as const)
      if (fields.has(other)) fields.problem(other, 'an external volume is as it was made')
    return { name: name ?? key }
  }
  return { name: name ?? usualName, ...(labels === undefined ? {} : { labels }) }
}
