import { parseArgs } from 'node:util'
import { postJson } from '../supervisor/api/client.ts'
import { socketPath } from '../supervisor/api/socket.ts'
import { hostDirectories } from '../supervisor/directories.ts'

const usage = `Usage: slipway-host stop-containers [--socket PATH]

Has the supervisor stop all containers, in order, and waits for it.
`

/**
 * Has the supervisor stop all containers, in order, and waits for it. slipway-containers.service calls it
 * when the host goes down, and ends it when its time is up: then the supervisor hurries.
 */
export async function stopContainers(programArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      socket: { type: 'string', default: socketPath(hostDirectories) },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  await postJson(values.socket, '/slipway/shutdown', {})
  return 0
}
