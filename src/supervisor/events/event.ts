/** Something that happened, in the terms of Docker's `GET /events`. */
export type EngineEvent = {
  readonly type: 'container' | 'image' | 'network' | 'volume'
  /** Such as `start`; of a container also `exec_create: COMMAND`. */
  readonly action: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint
}

/** The event as `GET /events` sends it, with the fields of versions before 1.52. */
export function eventJson({ type, action, id, attributes, timeNs }: EngineEvent): string {
  const time = Number(timeNs / 1_000_000_000n)
  const old =
    type === 'container'
      ? { status: action, id, from: attributes.image ?? '' }
      : type === 'image'
        ? { status: action, id }
        : {}
  const text = JSON.stringify({
    ...old,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: 'local',
    time,
  })
  // A double cannot hold it.
  return `${text.slice(0, -1)},"timeNano":${timeNs}}`
}
