import { engineErrors } from '../../../errors/engine.ts'
import { containerProcesses } from '../../runtime/process-list.ts'
import { sendJson } from '../request.ts'
import type { ContainerRequest } from './find.ts'
import { containerDetails } from './json.ts'

/** `GET /containers/{id}/json`. */
export function inspectContainer({ context, container, response }: ContainerRequest): void {
  const { supervisor, execs, directories } = context
  const { file } = supervisor.runtime.logOutputs(container)
  sendJson(
    response,
    containerDetails(container, {
      directories,
      networks: supervisor.networks,
      execIds: execs.ofContainer(container.id),
      health: supervisor.health.of(container.id),
      apparmor: supervisor.runtime.apparmor,
      readableLog: file && container.spec.log?.driver !== 'none',
    }),
  )
}

/** `GET /containers/{id}/top`; whatever options of ps(1) are asked for, the columns are those of `-ef`. */
export async function topContainer({
  context,
  container,
  response,
}: ContainerRequest): Promise<void> {
  const { id, state } = container
  if (state.status !== 'running' || state.process === undefined)
    throw engineErrors.error('SLIPWAY_ENGINE_NOT_RUNNING', { id })
  const processes = await containerProcesses(
    { id, pid: state.process.pid },
    context.directories.cgroup,
  )
  context.supervisor.lifecycle.publish(container, 'top')
  sendJson(response, {
    Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    Processes: processes.map((one) => [
      one.user,
      String(one.pid),
      String(one.parentPid),
      '0',
      one.startedAt,
      one.terminal,
      one.cpuTime,
      one.command,
    ]),
  })
}
