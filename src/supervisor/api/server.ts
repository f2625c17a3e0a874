import { chmod, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { Directories } from '../directories.ts'
import { answering, patience } from './answering.ts'
import type { ApiContext } from './context.ts'
import { socketPath } from './socket.ts'

/** As many as the kernel lets wait: who finds no place on a busy host is refused at once. */
const backlog = 4096

/** Serves the API on a unix socket that only root can open. */
export async function serveApi(context: ApiContext): Promise<{ close(): void }> {
  const path = socketPath(context.directories)
  await rm(path, { force: true })
  const server = createServer(patience)
  const { end } = answering(server, context, () => 'admin')
  // The mode is right from the first moment: nobody connects before.
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ path, backlog }, resolve)
    })
  } finally {
    process.umask(umask)
  }
  await chmod(path, 0o600)
  return { close: end }
}

/** Two supervisors would undo each other's work: throws SLIPWAY_SUPERVISOR_ALREADY_RUNNING. */
export async function refuseSecondSupervisor(directories: Directories): Promise<void> {
  const socket = socketPath(directories)
  if (await answers(socket))
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_ALREADY_RUNNING', { socket })
}

/** Someone listens at this socket: a file alone may be left from a supervisor that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
