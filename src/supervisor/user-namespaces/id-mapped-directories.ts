import { mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Directories } from '../directories.ts'
import { isMounted } from '../runtime/overlay.ts'
import { runProgram } from '../runtime/programs.ts'
import { SerialByKey } from '../serial-by-key.ts'
import {
  type IdMapping,
  idMapOption,
  mappingName,
  mountIdMappings,
  readOnlyIdMappings,
} from './id-mapping.ts'

/** Two at once would mount it twice. */
const turns = new SerialByKey()

/**
 * Where layers and files of containers, by their own paths, are seen with the ids of a mapping. They are
 * mounted so once for all containers with the same mapping, until the host goes down: overlayfs takes directories
 * of such mounts, but cannot be mounted so itself.
 */
export async function idMappedPaths(
  mapping: IdMapping,
  { state, runtime }: Pick<Directories, 'state' | 'runtime'>,
): Promise<(path: string) => string> {
  const root = `${runtime}/idmapped/${mappingName(mapping)}`
  const parts = [
    { path: `${runtime}/base-layer`, mappings: readOnlyIdMappings(mapping) },
    { path: `${state}/images`, mappings: readOnlyIdMappings(mapping) },
    { path: `${state}/containers`, mappings: mountIdMappings(mapping) },
  ].map((part) => ({ ...part, place: `${root}/${basename(part.path)}` }))
  await turns.run(root, async () => {
    for (const { path, place, mappings } of parts) {
      if (await isMounted(place)) continue
      await mkdir(place, { recursive: true, mode: 0o700 })
      const options = idMapOption(mappings)
      await runProgram('mount', ['--bind', '--options', options, path, place])
    }
  })
  return (path) => {
    const part = parts.find((one) => path === one.path || path.startsWith(`${one.path}/`))
    if (part === undefined) throw new RangeError(`no container has this in its root: ${path}`)
    return `${part.place}${path.slice(part.path.length)}`
  }
}
