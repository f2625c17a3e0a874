import {
  deployKeys,
  limitsOfDeploy,
  refusedInDeploy,
  refusedInReservations,
  refusedInRestartPolicies,
  refusedInUpdates,
  reservationsOfDeploy,
  restartPolicyKeys,
  updateKeys,
} from './deploy.ts'
import { environmentFileKeys } from './environment-files.ts'
import { configKeys, refusedInConfigs, refusedInSecrets, secretKeys } from './file-sources.ts'
import { grantKeys } from './granted-files.ts'
import { healthcheckKeys } from './healthcheck.ts'
import { ioKeys, ioRateKeys, ioWeightKeys } from './io-limits.ts'
import { includeKeys } from './model.ts'
import { networkKeys, placeKeys, refusedInNetworks, refusedInPlaces } from './networks.ts'
import { refusedTopLevel, topLevelKeys } from './parse.ts'
import { refusedInServices } from './refused.ts'
import { serviceKeys } from './service-fields.ts'
import {
  bindKeys,
  mountKeys,
  refusedInBinds,
  refusedInMounts,
  refusedInVolumeMounts,
  tmpfsKeys,
  volumeMountKeys,
} from './service-mounts.ts'
import { portKeys } from './service-ports.ts'
import { refusedInVolumes, volumeKeys } from './volumes.ts'

/** One map of the Compose specification: what the host does with each of its keys. */
export type SpecifiedMap = {
  readonly title: string
  /** Where its properties are in the schema of the specification. */
  readonly schema: string
  readonly known: readonly string[]
  readonly refused: Readonly<Record<string, string>>
  /** Of known keys: what is otherwise than with the Compose plugin on one host. */
  readonly differences?: Readonly<Record<string, string>>
  /** Known keys that change nothing on a host. */
  readonly withoutEffect?: Readonly<Record<string, string>>
}

const service = '/definitions/service/properties'
const deployment = '/definitions/deployment/properties'
const mount = `${service}/volumes/items/oneOf/1/properties`

/** The Compose specification as the host knows it, made of the tables that its files are read by. */
export const specification: readonly SpecifiedMap[] = [
  {
    title: 'Top level',
    schema: '/properties',
    known: [...topLevelKeys, 'include'],
    refused: refusedTopLevel,
    differences: {
      name: 'the name of the file unless told',
      include: 'files below the Compose directory; no addresses of the network',
    },
    withoutEffect: { version: 'obsolete: there is one specification' },
  },
  {
    title: 'include',
    schema: '/definitions/include/oneOf/1/properties',
    known: includeKeys,
    refused: {},
  },
  {
    title: 'services.*',
    schema: service,
    known: [...serviceKeys, 'extends'],
    refused: refusedInServices,
    differences: {
      env_file: 'files below the Compose directory; a variable without a value has to be set',
      environment: 'a variable without a value has to be set in `.env`',
      extends: 'files below the Compose directory',
      label_file: 'files below the Compose directory',
      logging: '`journald` unless told, `json-file`, `local`, `none`',
      network_mode: 'no network by its name: list it under `networks`',
      platform: 'the one of the host alone',
      ports: 'a port of the host is required; addresses are IPv4',
      profiles: 'switched on by `COMPOSE_PROFILES` in `.env`',
      pull_policy: 'not `build`; [when the registry is asked](host.md#images-that-change)',
      security_opt:
        '`no-new-privileges:true`, `seccomp:unconfined`, `seccomp:FILE` with a profile of Docker’s format in a file below the Compose directory, `apparmor:unconfined`, `apparmor:PROFILE`',
      stop_grace_period: 'a number needs a unit',
    },
    withoutEffect: {
      attach: 'nobody is attached',
      develop: 'it is for the machine of a developer',
    },
  },
  {
    title: 'services.*.blkio_config',
    schema: `${service}/blkio_config/properties`,
    known: ioKeys,
    refused: {},
  },
  {
    title: 'services.*.blkio_config.device_*',
    schema: '/definitions/blkio_limit/properties',
    known: ioRateKeys,
    refused: {},
  },
  {
    title: 'services.*.blkio_config.weight_device',
    schema: '/definitions/blkio_weight/properties',
    known: ioWeightKeys,
    refused: {},
  },
  {
    title: 'services.*.env_file',
    schema: '/definitions/env_file/oneOf/1/items/oneOf/1/properties',
    known: environmentFileKeys,
    refused: {},
  },
  {
    title: 'services.*.configs, services.*.secrets',
    schema: '/definitions/service_config_or_secret/items/oneOf/1/properties',
    known: grantKeys,
    refused: {},
    differences: {
      uid: 'also for files, which the Compose plugin mounts as they are',
      gid: 'as `uid`',
      mode: 'as `uid`; 0444 unless told',
    },
  },
  {
    title: 'services.*.ports',
    schema: `${service}/ports/items/oneOf/2/properties`,
    known: portKeys,
    refused: {},
    withoutEffect: {
      name: 'it is for people',
      app_protocol: 'it is for people',
      mode: 'there is one host',
    },
  },
  {
    title: 'services.*.volumes',
    schema: mount,
    known: mountKeys,
    refused: refusedInMounts,
    differences: {
      type: '`bind`, `volume`, `tmpfs`',
      source: 'required but for `tmpfs`; a path of the host begins with / or ./',
    },
    withoutEffect: { consistency: 'it is for other systems' },
  },
  {
    title: 'services.*.volumes.*.bind',
    schema: `${mount}/bind/properties`,
    known: bindKeys,
    refused: refusedInBinds,
    differences: { create_host_path: 'false unless told' },
  },
  {
    title: 'services.*.volumes.*.volume',
    schema: `${mount}/volume/properties`,
    known: volumeMountKeys,
    refused: refusedInVolumeMounts,
  },
  {
    title: 'services.*.volumes.*.tmpfs',
    schema: `${mount}/tmpfs/properties`,
    known: tmpfsKeys,
    refused: {},
  },
  {
    title: 'services.*.networks.*',
    schema: `${service}/networks/oneOf/1/patternProperties/^[a-zA-Z0-9._-]+$/oneOf/0/properties`,
    known: placeKeys,
    refused: refusedInPlaces,
  },
  {
    title: 'services.*.healthcheck',
    schema: '/definitions/healthcheck/properties',
    known: healthcheckKeys,
    refused: {},
  },
  {
    title: 'services.*.deploy',
    schema: deployment,
    known: deployKeys,
    refused: refusedInDeploy,
    differences: { mode: '`replicated`', replicas: 'up to 100' },
  },
  {
    title: 'services.*.deploy.resources.limits',
    schema: `${deployment}/resources/properties/limits/properties`,
    known: limitsOfDeploy,
    refused: {},
  },
  {
    title: 'services.*.deploy.resources.reservations',
    schema: `${deployment}/resources/properties/reservations/properties`,
    known: reservationsOfDeploy,
    refused: refusedInReservations,
  },
  {
    title: 'services.*.deploy.restart_policy',
    schema: `${deployment}/restart_policy/properties`,
    known: restartPolicyKeys,
    refused: refusedInRestartPolicies,
  },
  {
    title: 'services.*.deploy.update_config',
    schema: `${deployment}/update_config/properties`,
    known: updateKeys,
    refused: refusedInUpdates,
    differences: {
      failure_action: '`rollback`, which is what is done',
      order: 'found by what both containers need unless told',
    },
  },
  {
    title: 'networks.*',
    schema: '/definitions/network/properties',
    known: networkKeys,
    refused: refusedInNetworks,
    differences: { driver: '`bridge`' },
  },
  {
    title: 'volumes.*',
    schema: '/definitions/volume/properties',
    known: volumeKeys,
    refused: refusedInVolumes,
    differences: {
      driver: '`local`',
      external: 'it is made when it is not there',
      labels: 'of a volume that is made new',
    },
  },
  {
    title: 'configs.*',
    schema: '/definitions/config/properties',
    known: configKeys,
    refused: refusedInConfigs,
    differences: {
      environment: 'a variable of `.env`',
      external: 'refused unless false: there is no swarm that would keep it',
      file: 'below the Compose directory',
    },
    withoutEffect: { name: 'files have the keys as names', labels: 'nothing shows them' },
  },
  {
    title: 'secrets.*',
    schema: '/definitions/secret/properties',
    known: secretKeys,
    refused: refusedInSecrets,
    differences: {
      environment: 'a variable of `.env`',
      external: 'refused unless false: there is no swarm that would keep it',
      file: 'below the Compose directory',
    },
    withoutEffect: { name: 'files have the keys as names', labels: 'nothing shows them' },
  },
]
