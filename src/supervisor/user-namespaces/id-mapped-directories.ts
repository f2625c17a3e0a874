import { mkdir } from 'node:fs/promises'
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
 * Where what is in the state directory, by its own path, is seen with the ids of a mapping. Layers and containers are
 * mounted so once for all containers with the same mapping, until the host goes down: overlayfs takes directories
 * of such mounts, but cannot be mounted so itself.
 */
export async function idMappedPaths(
  mapping: IdMapping,
  { state, runtime }: Pick<Directories, 'state' | 'runtime'>,
): Promise<(path: string) => string> {
  const root = `${runtime}/idmapped/${mappingName(mapping)}`
  const parts = [
    { name: 'images', mappings: readOnlyIdMappings(mapping) },
    { name: 'containers', mappings: mountIdMappings(mapping) },
  ]
  await turns.run(root, async () => {
    for (const { name, mappings } of parts) {
      const place = `${root}/${name}`
      if (await isMounted(place)) continue
      await mkdir(place, { recursive: true, mode: 0o700 })
      const options = idMapOption(mappings)
      await runProgram('mount', ['--bind', '--options', options, `${state}/${name}`, place])
    }
  })
  return (path) => {
    const part = parts.find(({ name }) => path.startsWith(`${state}/${name}/`))
    if (part === undefined) throw new RangeError(`not in the state directory: ${path}`)
    return `${root}${path.slice(state.length)}`
  }
}
