import type { Service } from '../compose/service.ts'

/** A service as it should be. */
export type DesiredService = {
  readonly service: Service
  readonly configHash: string
  /** The Compose file that declares it. */
  readonly file: string
}

/** A container as it is. */
export type CurrentContainer = {
  readonly id: string
  readonly configHash: string
  readonly status: 'created' | 'running' | 'exited'
  /** It was started since the host booted. */
  readonly startedThisBoot: boolean
  /** Its restart policy wants it back, and the back-off is over. */
  readonly restartDue: boolean
}

export type Current = {
  readonly containers: readonly CurrentContainer[]
  /** The desired image is on the host. */
  readonly imagePresent: boolean
  /** Services that must have been started before, and were not yet in this boot. */
  readonly waitsFor: readonly string[]
}

export type Step =
  | { readonly kind: 'pullImage'; readonly reference: string }
  | { readonly kind: 'createContainer'; readonly desired: DesiredService }
  | { readonly kind: 'startContainer'; readonly id: string; readonly restart: boolean }
  | { readonly kind: 'stopContainer'; readonly id: string }
  | { readonly kind: 'removeContainer'; readonly id: string }

/**
 * What to do for one service, in order, as far as it can be decided now. The image is there before
 * the old container goes, so that an unreachable registry never costs a running service.
 */
export function steps(current: Current, desired: DesiredService | undefined): readonly Step[] {
  const kept = current.containers.find(({ configHash }) => configHash === desired?.configHash)
  const surplus = current.containers
    .filter((container) => container !== kept)
    .flatMap(({ id, status }): Step[] => [
      ...(status === 'running' ? [{ kind: 'stopContainer', id } as const] : []),
      { kind: 'removeContainer', id },
    ])
  if (desired === undefined) return surplus
  if (kept !== undefined) return [...surplus, ...startSteps(kept, current.waitsFor.length > 0)]
  const { image } = desired.service
  return [
    ...(current.imagePresent ? [] : [{ kind: 'pullImage', reference: image } as const]),
    ...surplus,
    { kind: 'createContainer', desired },
  ]
}

/**
 * A declared container is started once in each boot, after those that it depends on; after that its
 * restart policy decides.
 */
function startSteps(
  { id, status, startedThisBoot, restartDue }: CurrentContainer,
  waits: boolean,
): Step[] {
  if (status === 'running') return []
  if (status === 'exited' && startedThisBoot)
    return restartDue ? [{ kind: 'startContainer', id, restart: true }] : []
  return waits ? [] : [{ kind: 'startContainer', id, restart: false }]
}
