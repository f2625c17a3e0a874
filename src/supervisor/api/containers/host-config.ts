import { isIPv4, isIPv6 } from 'node:net'
import { engineErrors } from '../../../errors/engine.ts'
import { some } from '../../../json/some.ts'
import { JsonShapeError } from '../../../json/value.ts'
import type { Namespaces, PortBinding, RestartPolicy, Security } from '../../containers/spec.ts'
import type { ContainerDefaults } from '../../images/types.ts'
import { allCapabilities, capabilityName } from '../../runtime/capabilities.ts'
import { checkedProfile } from '../../seccomp/docker-profile.ts'
import { Fields, invalid } from '../fields.ts'

/** The restart policy of a HostConfig or of an update. Throws SLIPWAY_ENGINE_INVALID. */
export function restartOf(host: Fields): RestartPolicy {
  const fields = host.object('RestartPolicy')
  const name = fields.text('Name') ?? 'no'
  const maximumRetryCount = fields.number('MaximumRetryCount') ?? 0
  if (name !== 'no' && name !== 'always' && name !== 'on-failure' && name !== 'unless-stopped')
    throw invalid(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    )
  if (maximumRetryCount !== 0 && name !== 'on-failure')
    throw invalid("invalid restart policy: maximum retry count can only be used with 'on-failure'")
  if (maximumRetryCount < 0)
    throw invalid('invalid restart policy: maximum retry count cannot be negative')
  return { name, maximumRetryCount }
}

/** The ports that are published; with PublishAllPorts all exposed ones. Throws SLIPWAY_ENGINE_INVALID. */
export function portsOf(config: Fields, host: Fields, image: ContainerDefaults): PortBinding[] {
  const published = host.entries('PortBindings').flatMap(([port, value]) => {
    const target = containerPort(port)
    const bindings = Array.isArray(value) && value.length > 0 ? value : [{}]
    return bindings.map((item: unknown) => {
      const fields = new Fields(item, `HostConfig.PortBindings.${port}`)
      return {
        ...target,
        hostIp: hostIp(fields.text('HostIp')),
        hostPort: hostPort(fields.text('HostPort')),
      }
    })
  })
  if (!host.flag('PublishAllPorts')) return published
  const exposed = [...config.keysOf('ExposedPorts'), ...Object.keys(image.ExposedPorts ?? {})]
  const more = [...new Set(exposed)]
    .map((port) => ({ ...containerPort(port), hostIp: '0.0.0.0', hostPort: 0 }))
    .filter(
      ({ containerPort: port, protocol }) =>
        !published.some((one) => one.containerPort === port && one.protocol === protocol),
    )
  return [...published, ...more]
}

/** The namespaces that it shares. Throws SLIPWAY_ENGINE_INVALID. */
export function namespacesOf(host: Fields): Namespaces {
  const pid = host.text('PidMode')
  const ipc = host.text('IpcMode')
  const uts = host.text('UTSMode')
  const cgroup = host.text('CgroupnsMode')
  const user = host.text('UsernsMode')
  if (pid !== undefined && pid !== 'host' && !isShared(pid))
    throw invalid(`invalid PID mode: ${pid}`)
  if (ipc !== undefined && !isIpc(ipc) && !isShared(ipc)) throw invalid(`invalid IPC mode: ${ipc}`)
  if (uts !== undefined && uts !== 'host') throw invalid(`invalid UTS mode: ${uts}`)
  if (cgroup !== undefined && cgroup !== 'host' && cgroup !== 'private')
    throw invalid(`invalid cgroup namespace mode: ${cgroup}`)
  if (user !== undefined && user !== 'host') throw invalid(`invalid user namespace mode: ${user}`)
  return {
    network: networkMode(host),
    ...(pid === undefined ? {} : { pid }),
    ...(ipc === undefined ? {} : { ipc }),
    ...(uts === undefined ? {} : { uts }),
    ...(cgroup === undefined ? {} : { cgroup }),
    ...(user === undefined ? {} : { user }),
  }
}

/** Rights and what is kept from the container. Throws SLIPWAY_ENGINE_INVALID. */
export function securityOf(host: Fields, warnings: string[]): Security {
  const options = host.texts('SecurityOpt').map((text) => {
    const [, key = '', value] = /^([^=:]+)(?:[=:](.*))?$/s.exec(text) ?? []
    return { text, key, value }
  })
  let noNewPrivileges = false
  let seccomp: Security['seccomp'] = 'default'
  let apparmor: string | undefined
  for (const { text, key, value } of options) {
    if (key === 'no-new-privileges') noNewPrivileges = value !== 'false'
    else if (key === 'seccomp' && value === 'unconfined') seccomp = 'unconfined'
    else if (key === 'seccomp' && value === 'builtin') seccomp = 'default'
    else if (key === 'seccomp') seccomp = { profile: seccompProfile(value) }
    // Docker takes an empty name for none.
    else if (key === 'apparmor') apparmor = value || undefined
    else if (key === 'label')
      warnings.push(`the security option ${text} has no effect: this host does not use ${key}`)
    else if (key !== 'systempaths' || value !== 'unconfined')
      throw invalid(`invalid --security-opt 2: "${text}"`)
  }
  const [addCapabilities, dropCapabilities] = ['CapAdd', 'CapDrop'].map((key) =>
    host.texts(key).map((name) => capability(name, key)),
  )
  const masked = host.raw('MaskedPaths')
  const readOnly = host.raw('ReadonlyPaths')
  return {
    privileged: host.flag('Privileged'),
    readOnlyRoot: host.flag('ReadonlyRootfs'),
    addCapabilities: addCapabilities ?? [],
    dropCapabilities: dropCapabilities ?? [],
    noNewPrivileges,
    seccomp,
    ...some('apparmor', apparmor),
    ...(Array.isArray(masked) ? { maskedPaths: host.texts('MaskedPaths') } : {}),
    ...(Array.isArray(readOnly) ? { readOnlyPaths: host.texts('ReadonlyPaths') } : {}),
  }
}

/** Throws SLIPWAY_ENGINE_INVALID. */
function seccompProfile(json = ''): string {
  try {
    return checkedProfile(json)
  } catch (error) {
    if (error instanceof JsonShapeError) throw invalid(`invalid seccomp profile: ${error.message}`)
    throw error
  }
}

function capability(text: string, key: string): string {
  const name = capabilityName(text)
  if (name === 'ALL' || allCapabilities.includes(name)) return name
  throw invalid(`invalid ${key}: unknown capability: "${name}"`)
}

function networkMode(host: Fields): Namespaces['network'] {
  const mode = host.text('NetworkMode') ?? 'default'
  if (mode === 'default' || mode === 'bridge') return 'bridge'
  if (mode === 'none' || mode === 'host' || isShared(mode)) return mode
  return `network:${mode}`
}

function isShared(mode: string): mode is `container:${string}` {
  return /^container:./.test(mode)
}

function isIpc(mode: string): mode is 'private' | 'host' | 'none' | 'shareable' {
  return ['private', 'host', 'none', 'shareable'].includes(mode)
}

function containerPort(text: string): Pick<PortBinding, 'containerPort' | 'protocol'> {
  const [, port = '', protocol = 'tcp'] = /^(\d+)(?:\/(\w+))?$/.exec(text) ?? []
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw invalid(`invalid port specification: "${text}": only tcp and udp can be published`)
  return { containerPort: portNumber(port, text, 1), protocol }
}

function hostPort(text: string | undefined): number {
  return text === undefined ? 0 : portNumber(text, text, 0)
}

function portNumber(text: string, whole: string, least: number): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= least && port <= 65535) return port
  throw invalid(`invalid port specification: "${whole}"`)
}

function hostIp(text: string | undefined): string {
  if (text === undefined) return '0.0.0.0'
  if (isIPv4(text)) return text
  if (isIPv6(text))
    throw unsupported('HostConfig.PortBindings', 'ports are published on IPv4 addresses alone')
  throw invalid(`invalid IP address: ${text}`)
}

function unsupported(field: string, reason: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_UNSUPPORTED', { field, reason })
}
