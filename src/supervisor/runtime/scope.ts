import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'
import { stopGraceMs } from '../containers/stop.ts'
import type { Directories } from '../directories.ts'

/**
 * Where a container's processes are kept, so that they outlive the supervisor: says how to start a
 * monitor there, and which cgroup is the container's own.
 */
export type Scope = {
  /** The command line that starts `command` in a scope for this run of the container. */
  wrap(container: Container, command: readonly string[]): readonly string[]
  /**
   * Called when the monitor's process is there and waits: puts it in its place and gives the path
   * of the container's cgroup, below the hierarchy's root.
   */
  settle(container: Container, monitorPid: number): Promise<string>
  /** The command line that starts a program which is no container's but outlives the supervisor as well. */
  aside(command: readonly string[]): readonly string[]
}

/** Without systemd: cgroups of our own, and the monitor stays in the supervisor's. */
export const directScope: Scope = {
  wrap: (_container, command) => command,
  settle: async (container) => `/slipway-containers/${container.id}`,
  aside: (command) => command,
}

const settleTimeoutMs = 30_000
const pollIntervalMs = 5

/** The unit that holds one run of a container. Each run has its own: the last may still be going. */
export function scopeUnit(container: Container): string {
  return `slipway-container-${shortId(container.id)}-${container.state.starts}.scope`
}

/**
 * A transient systemd scope for each run. The monitor goes to a leaf of the scope's cgroup beside
 * the container's, because cgroup v2 gives controllers only to cgroups without processes of their
 * own. systemd-run speaks to PID 1 over its private socket, so that no message bus is needed.
 */
export function systemdScope(directories: Directories): Scope {
  return {
    wrap: (container, command) => [
      'systemd-run',
      '--scope',
      '--quiet',
      '--collect',
      '--no-ask-password',
      '--slice=slipway-containers.slice',
      `--unit=${scopeUnit(container)}`,
      `--description=Container ${container.name}`,
      '--property=Delegate=yes',
      // One process out of memory is the container's matter; the monitor must see its end.
      '--property=OOMPolicy=continue',
      // Only where the supervisor did not end it: see `Supervisor.stopContainers`. 0 would be for ever.
      `--property=TimeoutStopSec=${Math.max(stopGraceMs(container), 1)}ms`,
      // The supervisor may be there before the host's mounts and kernel settings are.
      '--property=After=local-fs.target systemd-sysctl.service systemd-tmpfiles-setup.service',
      // At shutdown systemd leaves it alone until the supervisor has ended, which stops containers in order.
      '--property=Before=slipway-supervisor.service',
      '--',
      ...command,
    ],
    settle: async (container, monitorPid) => {
      const cgroup = await scopeCgroup(container, monitorPid)
      const leaf = `${directories.cgroup}${cgroup}/monitor`
      await mkdir(leaf, { recursive: true })
      await writeFile(`${leaf}/cgroup.procs`, String(monitorPid))
      return `${cgroup}/container`
    },
    aside: (command) => ['systemd-run', '--scope', '--quiet', '--collect', '--', ...command],
  }
}

/** Waits until systemd has moved the process into its scope. */
async function scopeCgroup(container: Container, pid: number): Promise<string> {
  const unit = scopeUnit(container)
  for (let waitedMs = 0; waitedMs < settleTimeoutMs; waitedMs += pollIntervalMs) {
    const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8')
    const cgroup = /^0::(.*)$/m.exec(cgroups)?.[1]
    if (cgroup?.endsWith(`/${unit}`)) return cgroup
    await sleep(pollIntervalMs)
  }
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_SCOPE_LATE', {
    name: container.name,
    unit,
    seconds: settleTimeoutMs / 1000,
  })
}
