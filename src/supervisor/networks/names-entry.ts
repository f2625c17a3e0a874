import { readIfThere } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import type { Container } from '../containers/container.ts'
import type { Directories } from '../directories.ts'
import { netavarkName } from './bridge.ts'
import { endpointsOf, namesOf } from './endpoint.ts'
import type { NetworkStore } from './store.ts'

/**
 * Has a running container found by the names that it has now, on each of its networks. netavark writes
 * the entries when it connects a container, and has no verb to change them; connecting it anew would
 * cut what it has open.
 */
export async function refreshNames(
  container: Container,
  { directories, networks }: { directories: Directories; networks: Pick<NetworkStore, 'get'> },
): Promise<void> {
  const directory = `${directories.runtime}/netavark/aardvark-dns`
  let changed = false
  for (const endpoint of endpointsOf(container)) {
    const network = networks.get(endpoint.networkId)
    if (network?.names !== true) continue
    // netavark marks the files of networks that lead nowhere else.
    const file = `${directory}/${netavarkName(network)}${network.internal ? '%int' : ''}`
    const before = await readIfThere(file)
    if (before === undefined) continue
    const after = withNames(before, container.id, namesOf(container, endpoint))
    if (after === before) continue
    await writeFileAtomically(file, after, { mode: 0o644 })
    changed = true
  }
  if (!changed) return
  const pid = Number(await readIfThere(`${directory}/aardvark.pid`))
  if (Number.isInteger(pid) && pid > 1) process.kill(pid, 'SIGHUP')
}

/** Entries of aardvark-dns with other names of one container: `ID IPV4 IPV6 NAMES [SERVERS]` each. */
export function withNames(entries: string, id: string, names: readonly string[]): string {
  return entries
    .split('\n')
    .map((line) => {
      const fields = line.split(' ')
      return fields[0] === id && fields.length >= 4
        ? fields.with(3, names.join(',')).join(' ')
        : line
    })
    .join('\n')
}
