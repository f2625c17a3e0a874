import type { PlannedForward } from './arguments.ts'

/**
 * Finds the ports that QEMU's user network really listens on, in the text of its monitor command
 * `info usernet`. Giving QEMU port 0 and asking afterwards leaves no moment in which another program
 * could take a port that was found free.
 */
export function resolveForwards(
  asked: readonly PlannedForward[],
  usernet: string,
): PlannedForward[] | undefined {
  const listening = parseListening(usernet)
  const resolved = asked.map((forward) => {
    const index = listening.findIndex(
      (candidate) =>
        candidate.protocol === forward.protocol &&
        candidate.guestPort === forward.guestPort &&
        (forward.hostPort === 0 || candidate.hostPort === forward.hostPort),
    )
    const [found] = index === -1 ? [] : listening.splice(index, 1)
    return found && { ...forward, hostPort: found.hostPort }
  })
  return resolved.every((forward) => forward !== undefined) ? resolved : undefined
}

type Listening = Pick<PlannedForward, 'protocol' | 'hostPort' | 'guestPort'>

function parseListening(usernet: string): Listening[] {
  // "  TCP[HOST_FORWARD]  10       127.0.0.1 38599       10.0.2.15    80     0     0"
  const row = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+(\d+)\s/gm
  return [...usernet.matchAll(row)].map(([, protocol, hostPort, guestPort]) => ({
    protocol: protocol === 'TCP' ? 'tcp' : 'udp',
    hostPort: Number(hostPort),
    guestPort: Number(guestPort),
  }))
}
