import { readFile } from 'node:fs/promises'
import { problemsText } from '../../checked-yaml/problem.ts'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { type RemoteApiSettings, readRemoteApi } from '../api/remote/settings.ts'
import { type Entry, NodeReader } from '../compose/node-reader.ts'
import type { RegistryAccess, RegistrySettings } from '../images/types.ts'

/** The supervisor's settings file. */
export type Settings = {
  readonly registries: RegistrySettings
  /** Absent: the API is served on the socket alone. */
  readonly api?: RemoteApiSettings
  readonly debug?: DebugSettings
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
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return text === undefined ? { registries: {} } : parseSettings(text, file)
}

/** Throws SLIPWAY_SUPERVISOR_SETTINGS_INVALID with every mistake. */
export function parseSettings(text: string, file: string): Settings {
  const reader = new NodeReader(text, file)
  const empty = reader.isNothing(reader.root)
  const sections =
    reader.problems.length > 0 || empty
      ? undefined
      : reader.section(reader.root, [], ['registries', 'api', 'debug'])
  const registries = readRegistries(reader, sections?.registries)
  const api = sections?.api && readRemoteApi(reader, sections.api.value, sections.api.keyNode)
  const debug = sections?.debug && readDebug(reader, sections.debug)
  if (reader.problems.length > 0)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_SETTINGS_INVALID', {
      problems: problemsText(reader.problems),
    })
  return { registries, ...(api && { api }), ...(debug && { debug }) }
}

function readDebug(reader: NodeReader, { value }: Entry): DebugSettings {
  const section = reader.section(value, ['debug'], ['host', 'image'])
  const host = section?.host && reader.boolean(section.host.value, ['debug', 'host'])
  const image =
    section?.image && reader.text(section.image.value, ['debug', 'image'], 'an image reference')
  return { host: host === true, ...(image && { image }) }
}

function readRegistries(reader: NodeReader, entry: Entry | undefined): RegistrySettings {
  if (entry === undefined) return {}
  const registries: Record<string, RegistryAccess> = {}
  for (const { key, keyNode, value } of reader.entries(entry.value, ['registries']) ?? []) {
    const path = ['registries', key]
    if (!/^[a-zA-Z0-9.-]+(:\d+)?$|^\[[0-9a-fA-F:]+\](:\d+)?$/.test(key))
      reader.problem(keyNode, path, 'expected a registry as HOST or HOST:PORT')
    const known = ['insecure', 'username', 'password'] as const
    const fields = reader.section(value, path, known)
    if (fields === undefined) continue
    const { insecure, username, password } = fields
    const isInsecure = insecure && reader.boolean(insecure.value, [...path, 'insecure'])
    const name = username && reader.text(username.value, [...path, 'username'], 'a text')
    const secret = password && reader.text(password.value, [...path, 'password'], 'a text')
    if ((username === undefined) !== (password === undefined))
      reader.problem(keyNode, path, 'username and password belong together')
    registries[key] = {
      ...(isInsecure === undefined ? {} : { insecure: isInsecure }),
      ...(name === undefined ? {} : { username: name }),
      ...(secret === undefined ? {} : { password: secret }),
    }
  }
  return registries
}
