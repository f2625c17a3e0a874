import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import type { ContainerMount } from '../containers/spec.ts'
import { readEach } from './each.ts'
import { Fields } from './fields.ts'
import {
  absolutePath,
  mountSource,
  parseMount,
  parsePropagation,
  type VolumeNames,
} from './mounts.ts'
import type { NodeReader } from './node-reader.ts'
import { parseBytes } from './quantities.ts'

/** `volumes` of a service: mounts, and file systems in memory by their targets. */
export type ServiceMounts = {
  readonly mounts: readonly ContainerMount[]
  readonly tmpfs: Readonly<Record<string, string>>
}

type OneMount = { readonly mount: ContainerMount } | { readonly tmpfs: readonly [string, string] }

export const mountKeys = [
  'type',
  'source',
  'target',
  'read_only',
  'bind',
  'volume',
  'tmpfs',
  'consistency',
] as const

export const refusedInMounts = {
  image: 'images are not mounted: copy what is needed into a volume',
}

export const bindKeys = ['propagation', 'create_host_path'] as const

export const refusedInBinds = {
  selinux: 'the host has no SELinux',
  recursive: 'what is mounted below the source is seen too',
}

export const volumeMountKeys = ['nocopy'] as const

export const refusedInVolumeMounts = {
  subpath: 'a volume is mounted as a whole',
  labels: 'write them under the top-level key volumes',
}

export const tmpfsKeys = ['size', 'mode'] as const

/** Reads `volumes` of a service. */
export function readMounts(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  names: Pick<VolumeNames, 'volumes'>,
): ServiceMounts {
  const found =
    readEach(reader, node, path, (item, at): OneMount | undefined => {
      const here = { ...names, directory: reader.sourceOf(item).directory }
      if (reader.isMap(item)) return readLong(reader, item, at, here)
      const mount = reader.parsed(item, at, 'SOURCE:TARGET', (text) => parseMount(text, here))
      return mount && { mount }
    }) ?? []
  return {
    mounts: found.flatMap((one) => ('mount' in one ? [one.mount] : [])),
    tmpfs: Object.fromEntries(found.flatMap((one) => ('tmpfs' in one ? [one.tmpfs] : []))),
  }
}

function readLong(
  reader: NodeReader,
  item: unknown,
  at: FieldPath,
  names: VolumeNames,
): OneMount | undefined {
  const section = reader.section(item, at, mountKeys, refusedInMounts)
  if (section === undefined) return undefined
  const fields = new Fields(reader, at, section)
  const type = fields.parsed('type', 'a type', parseType)
  const target = fields.parsed('target', 'a path', absolutePath)
  if (type === 'tmpfs') {
    if (fields.has('source')) fields.problem('source', 'a tmpfs has no source')
    const options = fields.read('tmpfs', readTmpfsOptions) ?? []
    const access = fields.flag('read_only') === true ? ['ro'] : []
    return target === undefined ? undefined : { tmpfs: [target, [...access, ...options].join(',')] }
  }
  if (!fields.has('source') || !fields.has('target'))
    return reader.problem(item, at, 'expected both source and target')
  const source = fields.parsed('source', 'a source', (text) => mountSource(text, names))
  if (type !== undefined && source !== undefined && type !== source.type)
    fields.problem('type', `expected ${source.type} for this source`)
  const bind = fields.read('bind', (...inner) => {
    const options = reader.section(inner[1], inner[2], bindKeys, refusedInBinds)
    return options && new Fields(reader, inner[2], options)
  })
  const volume = fields.read('volume', (...inner) => {
    const options = reader.section(inner[1], inner[2], volumeMountKeys, refusedInVolumeMounts)
    return options && new Fields(reader, inner[2], options)
  })
  if (source === undefined || target === undefined) return undefined
  return {
    mount: {
      ...source,
      target,
      readOnly: fields.flag('read_only') ?? false,
      propagation: bind?.parsed('propagation', 'a propagation', parsePropagation) ?? 'rprivate',
      ...(bind?.flag('create_host_path') === true ? { create: true } : {}),
      ...(volume?.flag('nocopy') === true ? { noCopy: true } : {}),
    },
  }
}

function readTmpfsOptions(reader: NodeReader, node: unknown, path: FieldPath): string[] {
  const fields = new Fields(reader, path, reader.section(node, path, tmpfsKeys) ?? {})
  const size = fields.parsed('size', 'a size', parseBytes)
  const mode = fields.parsed('mode', 'a mode', (text) => {
    if (/^(?:0?o)?[0-7]{3,4}$/.test(text)) return text.replace(/^0?o/, '')
    throw new RangeError(`expected a mode in octal such as 1777, found "${text}"`)
  })
  const options = { ...some('size', size), ...some('mode', mode) }
  return Object.entries(options).map(([name, value]) => `${name}=${value}`)
}

function parseType(text: string): 'bind' | 'volume' | 'tmpfs' {
  if (text === 'bind' || text === 'volume' || text === 'tmpfs') return text
  throw new RangeError(`expected bind, volume or tmpfs, found "${text}"`)
}
