import { lchown, mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { Container } from '../containers/container.ts'
import { publishedPorts } from '../networks/bridge.ts'
import { checkHostPorts } from '../networks/host-ports.ts'
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
    await makeSource(source, userNamespace?.firstId ?? 0)
  }
  await checkHostPorts(publishedPorts(container))
}

/** As in Docker, it belongs to the container's root. */
async function makeSource(source: string, owner: number): Promise<void> {
  const first = await mkdir(source, { recursive: true })
  if (first === undefined || owner === 0) return
  for (let path = source; path.startsWith(first); path = dirname(path))
    await lchown(path, owner, owner)
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(ifMissing)) !== undefined
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ESRCH')
    return undefined
  throw error
}
