import { stat } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { Container } from '../containers/container.ts'
import { publishedPorts } from '../networks/bridge.ts'
import { checkHostPorts } from '../networks/host-ports.ts'
import { makeDirectories } from './mount-points.ts'
import { commandOf } from './spec.ts'

/** Finds what would keep a container from starting before anything is done for it. Throws SLIPWAY_SUPERVISOR_*. */
export async function checkBeforeStart(container: Container): Promise<void> {
  const { spec, image, userNamespace } = container
  if (commandOf(container).length === 0)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_NO_COMMAND', { image: image.reference })
  for (const { type, source, target, create } of spec.mounts) {
    if (type !== 'bind' || (await exists(source))) continue
    if (create !== true)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_BIND_SOURCE_MISSING', { source, target })
    // As in Docker, it belongs to the container's root.
    await makeDirectories(source, userNamespace?.firstId ?? 0)
  }
  await checkHostPorts(publishedPorts(container))
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifMissing)) !== undefined
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ESRCH')
    return undefined
  throw error
}
