import type { AppArmor } from '../../apparmor/apparmor.ts'
import { profileOf } from '../../apparmor/profile-of.ts'
import type { Container } from '../../containers/container.ts'
import { labelsOf } from '../../containers/labels.ts'
import { containerPaths, type Directories } from '../../directories.ts'
import type { Health } from '../../health/health.ts'
import { publishedPorts } from '../../networks/bridge.ts'
import { endpointId, endpointsOf } from '../../networks/endpoint.ts'
import { defaultBridge } from '../../networks/network.ts'
import type { NetworkStore } from '../../networks/store.ts'
import { networkModeText, ownsNetwork } from '../../runtime/namespaces.ts'
import { commandOf } from '../../runtime/spec.ts'
import { prefixLength } from '../networks/json.ts'
import { configJson, hostConfigJson, mountsJson } from './config-json.ts'
import { networksJson, portsJson, stateJson, statusOf, statusText } from './state-json.ts'

/** A container in `GET /containers/json`. */
export function containerSummary(
  container: Container,
  { directories, networks }: Pick<Surroundings, 'directories' | 'networks'>,
  now: Date,
  health?: Health,
): object {
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.spec.image,
    ImageID: container.image.configDigest,
    Command: commandText(commandOf(container)),
    Created: Math.floor(Date.parse(container.createdAt) / 1000),
    Ports: summaryPorts(container),
    Labels: labelsOf(container),
    State: statusOf(container),
    Status: statusText(container, now, health),
    HostConfig: { NetworkMode: networkModeText(container.spec) },
    NetworkSettings: { Networks: networksJson(container, networks) },
    Mounts: mountsJson(container, directories),
  }
}

/** What else is shown of a container that is looked at closely. */
export type Surroundings = {
  readonly directories: Directories
  readonly networks: NetworkStore
  readonly execIds: readonly string[]
  readonly readableLog: boolean
  readonly health: Health | undefined
  readonly apparmor: Pick<AppArmor, 'enabled'>
}

/** A container in `GET /containers/{id}/json`. */
export function containerDetails(
  container: Container,
  { directories, networks, execIds, readableLog, health, apparmor }: Surroundings,
): object {
  const { id, state, image } = container
  const paths = containerPaths(directories, id)
  const [path = '', ...programArguments] = commandOf(container)
  const connected = ownsNetwork(container) && state.status === 'running'
  const onBridge = connected
    ? endpointsOf(container).find(({ networkId }) => networkId === defaultBridge.id)
    : undefined
  const bridge = onBridge === undefined ? undefined : defaultBridge.subnets[0]
  return {
    Id: id,
    Created: container.createdAt,
    Path: path,
    Args: programArguments,
    State: stateJson(container, health),
    Image: image.configDigest,
    ResolvConfPath: `${paths.etc}/resolv.conf`,
    HostnamePath: `${paths.etc}/hostname`,
    HostsPath: `${paths.etc}/hosts`,
    LogPath: readableLog ? paths.logFile : '',
    Name: `/${container.name}`,
    RestartCount: state.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: apparmor.enabled ? profileOf(container.spec.security) : '',
    ExecIDs: execIds.length === 0 ? null : execIds,
    HostConfig: hostConfigJson(container),
    GraphDriver: {
      Name: 'overlay2',
      Data: {
        LowerDir: image.layers.toReversed().join(':'),
        MergedDir: paths.rootfs,
        UpperDir: paths.upper,
        WorkDir: paths.work,
      },
    },
    Mounts: mountsJson(container, directories),
    Config: configJson(container),
    NetworkSettings: {
      Bridge: '',
      SandboxID: connected ? id : '',
      SandboxKey: connected ? paths.netns : '',
      Ports: portsJson(container),
      HairpinMode: false,
      LinkLocalIPv6Address: '',
      LinkLocalIPv6PrefixLen: 0,
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      EndpointID: onBridge === undefined ? '' : endpointId(container, onBridge),
      Gateway: bridge?.gateway ?? '',
      GlobalIPv6Address: '',
      GlobalIPv6PrefixLen: 0,
      IPAddress: onBridge?.ipAddress ?? '',
      IPPrefixLen: prefixLength(bridge?.subnet),
      IPv6Gateway: '',
      MacAddress: onBridge?.macAddress ?? '',
      Networks: networksJson(container, networks),
    },
    ...(state.warnings.length === 0 ? {} : { Warnings: state.warnings }),
  }
}

function summaryPorts(container: Container): object[] {
  const { spec, image, state } = container
  if (state.status !== 'running') return []
  const published = publishedPorts(container)
  const exposed = [...Object.keys(image.config.ExposedPorts ?? {}), ...(spec.exposedPorts ?? [])]
    .map((port) => {
      const [number = '', protocol = 'tcp'] = port.split('/')
      return { PrivatePort: Number(number), Type: protocol }
    })
    .filter(
      ({ PrivatePort, Type }) =>
        !published.some((one) => one.containerPort === PrivatePort && one.protocol === Type),
    )
  return [
    ...published.map((port) => ({
      IP: port.hostIp,
      PrivatePort: port.containerPort,
      PublicPort: port.hostPort,
      Type: port.protocol,
    })),
    ...exposed.filter(
      (one, index) =>
        exposed.findIndex(
          (other) => other.PrivatePort === one.PrivatePort && other.Type === one.Type,
        ) === index,
    ),
  ]
}

/** Words with blanks in quotes, as Docker shows a command. */
function commandText(words: readonly string[]): string {
  return words.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')
}
