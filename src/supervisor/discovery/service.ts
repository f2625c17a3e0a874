/** A port of a container that others find by a name. */
export type Service = {
  /** Of this host and its container, such as `host1:shop-web-1:80`, unless the container says another. */
  readonly id: string
  readonly name: string
  /** Where others reach it. */
  readonly address: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  readonly tags: readonly string[]
  /** What the container says of it beside what is known here, by names in lower case. */
  readonly attributes: Readonly<Record<string, string>>
  readonly check: Check
  readonly health: ServiceHealth
  /** The name of its container. */
  readonly container: string
}

/** `starting`: its container has a health check that has not succeeded yet. */
export type ServiceHealth = 'passing' | 'starting' | 'critical'

/** How a backend that can is to look after it, as the container says. Durations are as Go writes them. */
export type Check = {
  /** A URL that answers with 2xx. */
  readonly http?: string
  /** `ADDRESS:PORT` that takes connections. */
  readonly tcp?: string
  readonly interval: string
  readonly timeout?: string
  /** For how long what we say of its health counts; the host's settings say if absent. */
  readonly ttl?: string
  /** How long it may be critical before the backend forgets it. */
  readonly deregisterAfter?: string
}

/** On which host services are, and where that is reached. */
export type ServiceHost = {
  readonly name: string
  readonly address: string
  /** Only ports that are given a name are services. */
  readonly explicit: boolean
}

/** Whether others than this host can reach it. */
export function isReachable({ address }: Pick<Service, 'address'>): boolean {
  return !/^127\.|^::1$/.test(address)
}
