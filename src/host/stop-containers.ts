import { parseArgs } from 'node:util'
import { postJson } from '../supervisor/api/client.ts'
import { socketPath } from '../supervisor/api/socket.ts'
import { hostDirectories } from '../supervisor/directories.ts'

/**
 * Has the supervisor stop all containers, in order, and waits for it. slipway-containers.service calls it
 * when the host goes down, and ends it when its time is up: then the supervisor hurries.
 */
export async function stopContainers(programArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { socket: { type: 'string', default: socketPath(hostDirectories) } },
  })
  await postJson(values.socket, '/slipway/shutdown', {})
  return 0
}
