import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { PortBinding } from '../compose/service.ts'

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

function tryTcp({ hostIp, hostPort }: PortBinding): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: hostIp, port: hostPort, exclusive: true }, () =>
      server.close(() => resolve()),
    )
  })
}

function tryUdp({ hostIp, hostPort }: PortBinding): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ address: hostIp, port: hostPort, exclusive: true }, () =>
      socket.close(() => resolve()),
    )
  })
}
