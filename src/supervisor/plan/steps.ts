import type { Service } from '../compose/service.ts'
import { type ReplacementOrder, replacementOrder } from './replacement-order.ts'
import type { Trial } from './trial.ts'

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
  /** The id of its image. */
  readonly image: string
  readonly configHash: string
  readonly service: Service
  readonly status: 'created' | 'running' | 'exited'
  /** It was started since the host booted. */
  readonly startedThisBoot: boolean
  /** Its restart policy wants it back, and the back-off is over. */
  readonly restartDue: boolean
  /** What it depends on was replaced since it was started, and it is to be restarted for that. */
  readonly outdated: boolean
  /** It shares a namespace with a container that another one has taken the place of. */
  readonly stray: boolean
  /** It was made to take the place of another, which it has not fully. */
  readonly successor?: 'on-trial' | 'proven'
  /** It was stopped to make place for its successor. */
  readonly setAside: boolean
  /** The declaration whose container failed in its place, by hash. */
  readonly refused?: string
  /** The name of its image means another one now, which its service is to have. */
  readonly otherImage: boolean
  readonly trial: Trial
}

export type Current = {
  readonly containers: readonly CurrentContainer[]
  /** The desired image is on the host and no registry is to be asked whether it is still that, or need not be looked for. */
  readonly imagePresent: boolean
  /** Services that must have been started before, and were not yet in this boot. */
  readonly waitsFor: readonly string[]
  /** It is to share a namespace with a container that is not there, or is about to be another. */
  readonly lacksHolder: boolean
}

export type Step =
  | { readonly kind: 'pullImage'; readonly reference: string }
  /** Somebody else has to bring it: no registry is asked for it. */
  | { readonly kind: 'requireImage'; readonly reference: string }
  | {
      readonly kind: 'createContainer'
      readonly desired: DesiredService
      /** It is to take the place of another. */
      readonly successor: boolean
    }
  | {
      readonly kind: 'startContainer'
      readonly id: string
      readonly restart: boolean
      /** It takes the place of another if it does well. */
      readonly onTrial?: boolean
    }
  | { readonly kind: 'restartContainer'; readonly id: string }
  /** Until a successor has shown that it is well or not; `forMs`: how long that takes at least. */
  | { readonly kind: 'awaitContainer'; readonly id: string; readonly forMs?: number }
  /** The successor answers to the names of its service, and the one before it does not any more. */
  | { readonly kind: 'handOver'; readonly id: string; readonly from: string }
  | { readonly kind: 'stopContainer'; readonly id: string; readonly aside: boolean }
  | { readonly kind: 'removeContainer'; readonly id: string }
  /** The successor is called as the one before it. */
  | { readonly kind: 'takeName'; readonly id: string; readonly name: string }
  /** The container in place stays: its successor failed. */
  | {
      readonly kind: 'refuseSuccessor'
      readonly id: string
      readonly configHash: string
      /** The id of the image that it was made of. */
      readonly image: string
      readonly reason: string
    }

/** Stands in later steps for the container that an earlier one creates. */
export const toBeCreated = 'new'

/**
 * What to do for one service, in order, as far as all goes well. Only the first step is carried out;
 * then the steps are worked out again from what has become of it, so that whoever was interrupted
 * anywhere goes on from the records alone.
 */
export function steps(current: Current, desired: DesiredService | undefined): readonly Step[] {
  const { containers } = current
  if (desired === undefined) return containers.flatMap(goes)
  const wanted = containers
    .filter((one) => isAsWanted(one, desired))
    .toSorted((a, b) => Number(a.successor !== undefined) - Number(b.successor !== undefined))[0]
  const before = containers.find((one) => one !== wanted && one.successor === undefined)
  const surplus = containers.filter((one) => one !== wanted && one !== before).flatMap(goes)
  if (wanted === undefined && current.lacksHolder)
    return [...surplus, ...(before === undefined ? pulls(current, desired) : runs(before, current))]
  if (wanted !== undefined && wanted.successor === undefined)
    return [...surplus, ...(before === undefined ? [] : goes(before)), ...runs(wanted, current)]
  if (before === undefined)
    return [
      ...surplus,
      ...(wanted === undefined
        ? makes(current, desired, [])
        : [takesName(wanted.id, desired), ...runs(wanted, current)]),
    ]
  return [...surplus, ...replaces(before, wanted, current, desired)]
}

export function isAsWanted(
  { configHash, stray, otherImage }: CurrentContainer,
  desired: DesiredService,
): boolean {
  return configHash === desired.configHash && !stray && !otherImage
}

/** The steps by which one container takes the place of another that is worth something. */
function replaces(
  before: CurrentContainer,
  successor: CurrentContainer | undefined,
  current: Current,
  desired: DesiredService,
): readonly Step[] {
  if (before.refused === desired.configHash && !before.stray)
    return [...(successor === undefined ? [] : goes(successor)), ...runs(before, current)]
  const order = replacementOrder(before.service, desired.service)
  if (successor === undefined) {
    // There is nothing that could come back.
    if (order === 'remove-first' || !isWorthKeeping(before))
      return makes(current, desired, goes(before))
    return [
      // The new image may not be there for a long time.
      ...(before.status === 'running' || before.setAside ? [] : runs(before, current)),
      ...pulls(current, desired),
      { kind: 'createContainer', desired, successor: true },
      ...tries(before, toBeCreated, order, desired),
    ]
  }
  if (successor.successor === 'proven') return succeeds(before, successor.id, desired)
  const { trial } = successor
  switch (trial.verdict) {
    case 'untried':
      if (current.waitsFor.length > 0) return []
      return tries(before, successor.id, order, desired)
    case 'pending':
      return [
        ...(before.restartDue && order === 'start-first' ? runs(before, current) : []),
        awaits(successor.id, trial.forMs),
        { kind: 'handOver', id: successor.id, from: before.id },
        ...succeeds(before, successor.id, desired),
      ]
    case 'good':
      return [
        { kind: 'handOver', id: successor.id, from: before.id },
        ...succeeds(before, successor.id, desired),
      ]
    case 'bad': {
      const { configHash } = desired
      const { image } = successor
      return [
        { kind: 'refuseSuccessor', id: before.id, configHash, image, reason: trial.reason },
        ...goes(successor),
        ...runs(before, current),
      ]
    }
  }
}

function tries(
  before: CurrentContainer,
  id: string,
  order: ReplacementOrder,
  desired: DesiredService,
): Step[] {
  const stops = order === 'stop-first' && before.status === 'running'
  return [
    ...(stops ? [{ kind: 'stopContainer', id: before.id, aside: true } as const] : []),
    { kind: 'startContainer', id, restart: false, onTrial: true },
    awaits(id, undefined),
    { kind: 'handOver', id, from: before.id },
    ...succeeds(stops ? { ...before, status: 'exited' } : before, id, desired),
  ]
}

function succeeds(before: CurrentContainer, id: string, desired: DesiredService): Step[] {
  return [...goes(before), takesName(id, desired)]
}

function makes(current: Current, desired: DesiredService, goes: readonly Step[]): Step[] {
  return [
    ...pulls(current, desired),
    ...goes,
    { kind: 'createContainer', desired, successor: false },
    ...(current.waitsFor.length > 0
      ? []
      : [{ kind: 'startContainer', id: toBeCreated, restart: false } as const]),
  ]
}

/** The image is there before the old container goes: an unreachable registry never costs a running service. */
function pulls({ imagePresent }: Current, { service }: DesiredService): Step[] {
  if (imagePresent) return []
  const { image: reference, pullPolicy } = service
  return [{ kind: pullPolicy === 'never' ? 'requireImage' : 'pullImage', reference }]
}

function goes({ id, status }: CurrentContainer): Step[] {
  return [
    ...(status === 'running' ? [{ kind: 'stopContainer', id, aside: false } as const] : []),
    { kind: 'removeContainer', id },
  ]
}

/**
 * A declared container is started once in each boot, after those that it depends on; after that its
 * restart policy decides.
 */
function runs(container: CurrentContainer, { waitsFor }: Current): Step[] {
  const { id, status, startedThisBoot, restartDue, outdated, setAside } = container
  if (status === 'running') return outdated ? [{ kind: 'restartContainer', id }] : []
  const again = { kind: 'startContainer', id, restart: false } as const
  if (setAside) return [again]
  if (status === 'exited' && startedThisBoot) return restartDue ? [{ ...again, restart: true }] : []
  return waitsFor.length > 0 ? [] : [again]
}

/** It serves, or would but for its successor or a reboot. A job that has ended is done. */
function isWorthKeeping(container: CurrentContainer): boolean {
  const { status, setAside, startedThisBoot, stray, service } = container
  if (stray) return false
  if (status === 'running' || setAside) return true
  return status === 'exited' && !startedThisBoot && service.restart.name !== 'no'
}

function awaits(id: string, forMs: number | undefined): Step {
  return { kind: 'awaitContainer', id, ...(forMs === undefined ? {} : { forMs }) }
}

function takesName(id: string, { service }: DesiredService): Step {
  return { kind: 'takeName', id, name: service.containerName }
}
