import { problemsText } from '../../checked-yaml/problem.ts'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { readIfThere } from '../../files/absence.ts'
import { type RemoteApiSettings, readRemoteApi } from '../api/remote/settings.ts'
import { type Entry, NodeReader } from '../compose/node-reader.ts'
import { type DiscoverySettings, readDiscovery } from '../discovery/settings.ts'
import {
  type CollectionSettings,
  defaultCollection,
  readCollection,
} from '../image-collection/settings.ts'
import type { Rule } from '../image-policy/rule.ts'
import { readPolicy } from '../image-policy/settings.ts'
import { type ForwardSettings, readLogSettings } from '../logs/forward/settings.ts'
import { type MetricsSettings, readMetricsSettings } from '../metrics/settings.ts'
import type { IdMapping } from '../user-namespaces/id-mapping.ts'
import { readUserNamespaces } from '../user-namespaces/settings.ts'
import { type RegistryFiles, readRegistries } from './registries.ts'

/** The supervisor's settings file. */
export type Settings = {
  readonly registries: RegistryFiles
  /** When images that nobody needs go; never if absent. */
  readonly collection?: CollectionSettings
  /** Which images may be used; all if absent. */
  readonly policy?: readonly Rule[]
  /** Absent: the API is served on the socket alone. */
  readonly api?: RemoteApiSettings
  readonly debug?: DebugSettings
  /** Absent: services are known on this host alone. */
  readonly discovery?: DiscoverySettings
  /** Where the logs of containers are forwarded to. */
  readonly logs?: ForwardSettings
  /** Absent: no metrics are served. */
  readonly metrics?: MetricsSettings
  /** What the ids of containers are on the host; the host's own if absent. */
  readonly userNamespaces?: IdMapping
}

/** What `slipctl debug` may do, and brings. */
export type DebugSettings = {
  /** Whether it may show the host itself. */
  readonly host: boolean
  /** The image with the tools, unless one is named. */
  readonly image?: string
}

/** Reads the settings; without a file all is as by default. Throws SLIPWAY_SUPERVISOR_SETTINGS_INVALID. */
export async function loadSettings(file: string): Promise<Settings> {
  const text = await readIfThere(file)
  return text === undefined ? defaultSettings : parseSettings(text, file)
}

const defaultSettings: Settings = { registries: {}, collection: defaultCollection }

/** Throws SLIPWAY_SUPERVISOR_SETTINGS_INVALID with every mistake. */
export function parseSettings(text: string, file: string): Settings {
  const reader = NodeReader.ofText(text, file)
  const empty = reader.isNothing(reader.root)
  const sections =
    reader.problems.length > 0 || empty
      ? undefined
      : reader.section(
          reader.root,
          [],
          [
            'registries',
            'images',
            'api',
            'debug',
            'discovery',
            'logs',
            'metrics',
            'userNamespaces',
          ],
        )
  const registries = readRegistries(reader, sections?.registries)
  const images = sections?.images && reader.section(sections.images.value, ['images'], imageKeys)
  const collection = readCollection(reader, {
    above: images?.collectAbove,
    downTo: images?.collectDownTo,
  })
  const policy = images?.policy && readPolicy(reader, images.policy)
  const api = sections?.api && readRemoteApi(reader, sections.api.value, sections.api.keyNode)
  const debug = sections?.debug && readDebug(reader, sections.debug)
  const discovery = sections?.discovery && readDiscovery(reader, sections.discovery)
  const logs = sections?.logs && readLogSettings(reader, sections.logs)
  const metrics = sections?.metrics && readMetricsSettings(reader, sections.metrics)
  const userNamespaces =
    sections?.userNamespaces && readUserNamespaces(reader, sections.userNamespaces)
  if (reader.problems.length > 0)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_SETTINGS_INVALID', {
      problems: problemsText(reader.problems),
    })
  return {
    registries,
    ...(collection && { collection }),
    ...(policy && { policy }),
    ...(api && { api }),
    ...(debug && { debug }),
    ...(discovery && { discovery }),
    ...(logs && { logs }),
    ...(metrics && { metrics }),
    ...(userNamespaces && { userNamespaces }),
  }
}

const imageKeys = ['collectAbove', 'collectDownTo', 'policy'] as const

function readDebug(reader: NodeReader, { value }: Entry): DebugSettings {
  const section = reader.section(value, ['debug'], ['host', 'image'])
  const host = section?.host && reader.boolean(section.host.value, ['debug', 'host'])
  const image =
    section?.image && reader.text(section.image.value, ['debug', 'image'], 'an image reference')
  return { host: host === true, ...(image && { image }) }
}
