import { readFile } from 'node:fs/promises'

/**
 * The cgroup of a container, below the hierarchy's root. Its first process may have gone to one below,
 * as an init system of its own does.
 */
export async function cgroupOf(pid: number, id: string): Promise<string> {
  return containerCgroup(await readFile(`/proc/${pid}/cgroup`, 'utf8'), id)
}

/** The same, from what /proc/PID/cgroup says. See `Scope.settle` for where containers are. */
export function containerCgroup(text: string, id: string): string {
  const cgroup = /^0::(.*)$/m.exec(text)?.[1] ?? ''
  const parts = cgroup.split('/')
  const own = parts.findIndex(
    (part, index) =>
      (parts[index - 1] === 'slipway-containers' && part === id) ||
      (parts[index - 1]?.endsWith('.scope') === true && part === 'container'),
  )
  return own < 0 ? cgroup : parts.slice(0, own + 1).join('/')
}
