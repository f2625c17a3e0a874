import type { Container } from '../containers/container.ts'
import type { PortBinding } from '../containers/spec.ts'
import { publishedPorts } from '../networks/bridge.ts'
import { endpointsOf } from '../networks/endpoint.ts'
import { type Metadata, metadataOf } from './metadata.ts'
import {
  type Check,
  isReachable,
  type Service,
  type ServiceHealth,
  type ServiceHost,
} from './service.ts'

/** How often a backend looks after a service that does not say, as registrator has it. */
const usualInterval = '10s'

/**
 * The services of a container by registrator's rules: one for each port that it publishes, or serves on
 * the host's network, unless it says to ignore it. Empty for one that does not run.
 */
export function servicesOf(container: Container, host: ServiceHost): readonly Service[] {
  if (container.state.status !== 'running') return []
  const places = placesOf(container)
  const ids = new Set<string>()
  return places.flatMap((place) => {
    const metadata = metadataOf(container, place.containerPort)
    if ((metadata.said.ignore ?? '') !== '') return []
    const name = nameOf(container, metadata, place, places.length > 1, host.explicit)
    if (name === undefined) return []
    const address =
      place.hostIp === '0.0.0.0' || place.hostIp === '::' ? host.address : place.hostIp
    const at = { address, port: place.hostPort, protocol: place.protocol }
    const usualId = `${host.name}:${container.name}:${place.containerPort}${place.protocol === 'udp' ? ':udp' : ''}`
    // One id for all ports of a container would leave one of them.
    const chosen = metadata.said.id ?? ''
    const id = chosen === '' || ids.has(chosen) ? usualId : chosen
    ids.add(id)
    return [
      {
        ...at,
        id,
        name,
        tags: tagsOf(metadata, place),
        attributes: attributesOf(metadata),
        check: checkOf(metadata, at),
        health: healthOf(container),
        container: container.name,
      },
    ]
  })
}

/** Each port once: where it is published to others rather than to the host alone. */
function placesOf(container: Container): readonly PortBinding[] {
  if (container.spec.namespaces?.network === 'host') return exposedPorts(container)
  if (!endpointsOf(container).some(({ publishes }) => publishes)) return []
  const places = new Map<string, PortBinding>()
  for (const binding of publishedPorts(container)) {
    const key = `${binding.containerPort}/${binding.protocol}`
    const known = places.get(key)
    if (known === undefined || !isReachable({ address: known.hostIp })) places.set(key, binding)
  }
  return [...places.values()]
}

/** What it says to serve is there, on the host's own network. */
function exposedPorts({ spec, image }: Container): PortBinding[] {
  const exposed = new Set([
    ...Object.keys(image.config.ExposedPorts ?? {}),
    ...(spec.exposedPorts ?? []),
  ])
  return [...exposed].flatMap((text) => {
    const [, port, protocol = 'tcp'] = /^(\d+)(?:\/(\w+))?$/.exec(text) ?? []
    if (port === undefined || (protocol !== 'tcp' && protocol !== 'udp')) return []
    const number = Number(port)
    return [{ hostIp: '0.0.0.0', hostPort: number, containerPort: number, protocol }]
  })
}

/** Its own name, or one for all ports with the port's number behind; by default that of the image. */
function nameOf(
  { name, spec }: Container,
  { said, portName }: Metadata,
  { containerPort }: PortBinding,
  severalPorts: boolean,
  explicit: boolean,
): string | undefined {
  if (portName !== '') return portName
  const ownName = said.name ?? ''
  if (ownName === '' && explicit) return undefined
  const base = ownName === '' ? imageName(spec.image, name) : ownName
  return severalPorts ? `${base}-${containerPort}` : base
}

/** Without registry, directories, tag and digest; an image that was named by its id says nothing. */
function imageName(image: string, containerName: string): string {
  if (/^(?:sha256:)?[0-9a-f]{12,64}$/.test(image)) return containerName
  return image.replace(/@.*$/, '').replace(/^.*\//, '').replace(/:.*$/, '')
}

function tagsOf({ said: { tags = '' } }: Metadata, { protocol }: PortBinding): string[] {
  const own = tags.split(',').map((tag) => tag.trim())
  return [...new Set([...own, protocol === 'udp' ? 'udp' : ''])].filter((tag) => tag !== '')
}

function checkOf({ said }: Metadata, { address, port }: Pick<Service, 'address' | 'port'>): Check {
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`
  const path = said.check_http ?? ''
  const duration = (name: string) =>
    /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(said[name] ?? '') ? said[name] : undefined
  const [timeout, ttl, deregisterAfter] = [
    duration('check_timeout'),
    duration('check_ttl'),
    duration('check_deregister_after'),
  ]
  return {
    ...(path === '' ? {} : { http: `http://${place}${path.startsWith('/') ? '' : '/'}${path}` }),
    ...(said.check_tcp === 'true' ? { tcp: place } : {}),
    interval: duration('check_interval') ?? usualInterval,
    ...(timeout === undefined ? {} : { timeout }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(deregisterAfter === undefined ? {} : { deregisterAfter }),
  }
}

function attributesOf({ said }: Metadata): Record<string, string> {
  const known = new Set(['name', 'tags', 'id', 'ignore'])
  return Object.fromEntries(
    Object.entries(said).filter(([name]) => !known.has(name) && !name.startsWith('check_')),
  )
}

function healthOf({ state }: Container): ServiceHealth {
  if (state.paused === true || state.health === 'unhealthy') return 'critical'
  return state.health === 'starting' ? 'starting' : 'passing'
}
