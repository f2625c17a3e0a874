import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { PortBinding } from '../containers/spec.ts'

/** The ports of the host, with a free one in place of each 0. */
export async function chooseHostPorts(bindings: readonly PortBinding[]): Promise<PortBinding[]> {
  const chosen: PortBinding[] = []
  for (const binding of bindings)
    chosen.push(
      binding.hostPort === 0
        ? { ...binding, hostPort: await (binding.protocol === 'tcp' ? tryTcp : tryUdp)(binding) }
        : binding,
    )
  return chosen
}

/** Whether both would take the same port of the host. */
export function overlap(a: PortBinding, b: PortBinding): boolean {
  return (
    a.hostPort === b.hostPort &&
    a.protocol === b.protocol &&
    (a.hostIp === b.hostIp || a.hostIp === '0.0.0.0' || b.hostIp === '0.0.0.0')
  )
}

/**
 * Makes sure that no program of the host listens on these ports: the firewall would send its
 * traffic to the container without a word. Throws SLIPWAY_SUPERVISOR_PORT_IN_USE or
 * SLIPWAY_SUPERVISOR_PORT_UNAVAILABLE.
 */
export async function checkHostPorts(bindings: readonly PortBinding[]): Promise<void> {
  for (const binding of bindings) {
    try {
      await (binding.protocol === 'tcp' ? tryTcp(binding) : tryUdp(binding))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const where = {
        address: binding.hostIp,
        port: binding.hostPort,
        protocol: binding.protocol,
      }
      if (code === 'EADDRINUSE')
        throw supervisorErrors.error('SLIPWAY_SUPERVISOR_PORT_IN_USE', where, error)
      const details = { ...where, reason: message }
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_PORT_UNAVAILABLE', details, error)
    }
  }
}

/** Listens for a moment; gives the port. */
function tryTcp({ hostIp, hostPort }: PortBinding): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: hostIp, port: hostPort, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

function tryUdp({ hostIp, hostPort }: PortBinding): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address: hostIp, port: hostPort, exclusive: true }, () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
