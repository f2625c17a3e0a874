import { readFile } from 'node:fs/promises'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Entry, NodeReader } from '../compose/node-reader.ts'
import type { MirrorAccess, RegistryAccess, RegistrySettings } from '../images/types.ts'
import { readPemPath } from './listening.ts'

/** How registries are spoken to, as a file says it: certificates are in files of their own. */
export type RegistryFiles = { readonly [registryHostPort: string]: RegistryFile }

type WithFile<Access> = Omit<Access, 'certificateAuthority'> & {
  /** The path of a PEM file. */
  readonly certificateAuthorityFile?: string
}

type RegistryFile = Omit<WithFile<RegistryAccess>, 'registryToken' | 'mirrors'> & {
  readonly mirrors?: readonly WithFile<MirrorAccess>[]
}

export function readRegistries(reader: NodeReader, entry: Entry | undefined): RegistryFiles {
  if (entry === undefined) return {}
  const registries: Record<string, RegistryFile> = {}
  for (const { key, keyNode, value } of reader.entries(entry.value, ['registries']) ?? []) {
    const path = ['registries', key]
    if (!/^[a-zA-Z0-9.-]+(:\d+)?$|^\[[0-9a-fA-F:]+\](:\d+)?$/.test(key))
      reader.problem(keyNode, path, 'expected a registry as HOST or HOST:PORT')
    const fields = reader.section(value, path, [
      'insecure',
      'username',
      'password',
      'certificateAuthority',
      'mirrors',
    ])
    if (fields === undefined) continue
    const { insecure, mirrors } = fields
    const isInsecure = insecure && reader.boolean(insecure.value, [...path, 'insecure'])
    registries[key] = {
      ...(isInsecure === undefined ? {} : { insecure: isInsecure }),
      ...readAccess(reader, keyNode, path, fields),
      ...(mirrors && { mirrors: readMirrors(reader, mirrors.value, [...path, 'mirrors']) }),
    }
  }
  refuseContradictions(reader, entry, registries)
  return registries
}

/**
 * Reads the certificates. Where a file cannot be read, which is reported, the registry is held to the usual
 * authorities: its images cannot be pulled then, and everything else works.
 */
export async function withAuthorities(files: RegistryFiles, log: Log): Promise<RegistrySettings> {
  const authority = async (file: string | undefined) => {
    if (file === undefined) return {}
    try {
      return { certificateAuthority: await readFile(file, 'utf8') }
    } catch (error) {
      log.error(`certificates of a registry: ${describeError(error)}`)
      return {}
    }
  }
  const settings: Record<string, RegistryAccess> = {}
  for (const [registry, file] of Object.entries(files)) {
    const { certificateAuthorityFile, mirrors, ...access } = file
    settings[registry] = { ...access, ...(await authority(certificateAuthorityFile)) }
    if (mirrors === undefined) continue
    const read = mirrors.map(async ({ certificateAuthorityFile: own, ...mirror }) => ({
      ...mirror,
      ...(await authority(own)),
    }))
    settings[registry] = { ...settings[registry], mirrors: await Promise.all(read) }
  }
  return settings
}

function readMirrors(reader: NodeReader, node: unknown, path: FieldPath) {
  return (reader.items(node, path) ?? []).flatMap((item, index) => {
    const at = [...path, index]
    if (!reader.isMap(item)) {
      const url = readUrl(reader, item, at)
      return url === undefined ? [] : [{ url }]
    }
    const known = ['url', 'username', 'password', 'certificateAuthority'] as const
    const fields = reader.section(item, at, known)
    if (fields === undefined) return []
    const access = readAccess(reader, item, at, fields)
    if (fields.url === undefined) {
      reader.problem(item, at, 'expected url, the address of the mirror')
      return []
    }
    const url = readUrl(reader, fields.url.value, [...at, 'url'])
    return url === undefined ? [] : [{ url, ...access }]
  })
}

/** Without user, query and fragment, which would mean something else to each reader. */
function readUrl(reader: NodeReader, node: unknown, path: FieldPath): string | undefined {
  const expected = 'the address of a mirror as https://HOST[:PORT][/PATH]'
  return reader.parsed(node, path, expected, (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const isPlain = url !== undefined && /^https?:\/\/[^/?#@\\]+(?:\/[\w./-]*)?$/.test(text)
    if (!isPlain) throw new RangeError(`expected ${expected}, found "${text}"`)
    return text
  })
}

function readAccess(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  fields: {
    readonly username?: Entry
    readonly password?: Entry
    readonly certificateAuthority?: Entry
  },
) {
  const { username, password, certificateAuthority: authority } = fields
  const name = username && reader.text(username.value, [...path, 'username'], 'a text')
  const secret = password && reader.text(password.value, [...path, 'password'], 'a text')
  const file = authority && readPemPath(reader, authority.value, [...path, 'certificateAuthority'])
  if ((username === undefined) !== (password === undefined))
    reader.problem(node, path, 'username and password belong together')
  return {
    ...(name === undefined ? {} : { username: name }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(file === undefined ? {} : { certificateAuthorityFile: file }),
  }
}

/** One server has one access, whichever registries it is a mirror of. */
function refuseContradictions(reader: NodeReader, entry: Entry, registries: RegistryFiles): void {
  const known = new Map<string, string>()
  for (const [registry, { mirrors = [] }] of Object.entries(registries))
    for (const { url, ...access } of mirrors) {
      const { origin } = new URL(url)
      const text = JSON.stringify(access)
      if ((known.get(origin) ?? text) !== text)
        reader.problem(
          entry.keyNode,
          ['registries', registry, 'mirrors'],
          `${origin} has another access here than elsewhere`,
        )
      known.set(origin, text)
    }
}
