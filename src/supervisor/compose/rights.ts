import { resolve } from 'node:path'
import type { FieldPath } from '../../checked-yaml/problem.ts'
import { some } from '../../json/some.ts'
import { JsonShapeError } from '../../json/value.ts'
import type { ContainerSpec, Device, Security } from '../containers/spec.ts'
import { allCapabilities, capabilityName } from '../runtime/capabilities.ts'
import { checkedProfile } from '../seccomp/docker-profile.ts'
import { type ComposeFiles, unreadable } from './compose-files.ts'
import { readEach } from './each.ts'
import { Fields } from './fields.ts'
import { absolutePath } from './mounts.ts'
import type { NodeReader } from './node-reader.ts'

/** What a container may do, and what it may not. */
export const rightsKeys = [
  'user',
  'group_add',
  'privileged',
  'read_only',
  'cap_add',
  'cap_drop',
  'security_opt',
  'devices',
] as const

type Rights = Pick<ContainerSpec, 'user' | 'additionalGroups' | 'security' | 'devices'>

export function readRights(
  fields: Fields<(typeof rightsKeys)[number]>,
  files: ComposeFiles,
): Rights {
  return {
    ...some('user', fields.parsed('user', 'a user', parseUser)),
    ...some('additionalGroups', fields.texts('group_add', 'a group', parseName)),
    ...some('security', readSecurity(fields, files)),
    ...some('devices', fields.read('devices', readDevices)),
  }
}

const securityKeys = ['privileged', 'read_only', 'cap_add', 'cap_drop', 'security_opt'] as const

function readSecurity(
  fields: Fields<(typeof rightsKeys)[number]>,
  files: ComposeFiles,
): Security | undefined {
  if (!securityKeys.some((key) => fields.has(key))) return undefined
  const options = fields.read('security_opt', (...at) => readSecurityOptions(...at, files)) ?? []
  // Of several for the same thing the last one counts, as in Docker.
  const chosen = (key: string) => options.findLast((option) => option.key === key)?.value
  return {
    privileged: fields.flag('privileged') ?? false,
    readOnlyRoot: fields.flag('read_only') ?? false,
    addCapabilities: fields.texts('cap_add', 'a capability', parseCapability) ?? [],
    dropCapabilities: fields.texts('cap_drop', 'a capability', parseCapability) ?? [],
    noNewPrivileges: chosen('no-new-privileges') === 'true',
    seccomp: seccompOf(chosen('seccomp')),
    ...some('apparmor', chosen('apparmor')),
  }
}

type SecurityOption = { readonly key: string; readonly value: string }

/** Of a seccomp profile the value is what its file has. */
function readSecurityOptions(
  reader: NodeReader,
  node: unknown,
  path: FieldPath,
  files: ComposeFiles,
): SecurityOption[] | undefined {
  return readEach(reader, node, path, (item, at) =>
    reader.parsed(item, at, 'an option', (text) => {
      const option = parseSecurityOption(text)
      if (option.key !== 'seccomp' || option.value === 'unconfined') return option
      const file = resolve(reader.sourceOf(item).directory, option.value)
      return { ...option, value: readSeccompProfile(file, files) }
    }),
  )
}

/** A key and its value, with a colon or an equals sign between. */
function parseSecurityOption(text: string): SecurityOption {
  const [, key = '', value = 'true'] =
    /^(no-new-privileges)(?:[:=](true|false))?$/.exec(text) ??
    /^(seccomp|apparmor)[:=](\S.*)$/.exec(text) ??
    []
  if (key !== '') return { key, value }
  throw new RangeError(
    `expected no-new-privileges:true, seccomp:unconfined, seccomp:FILE, apparmor:unconfined or apparmor:PROFILE, found "${text}": the host has no other`,
  )
}

function readSeccompProfile(path: string, files: ComposeFiles): string {
  const content = files.read(path)
  if (content.kind !== 'content') throw new RangeError(unreadable(path, content))
  try {
    return checkedProfile(content.bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof JsonShapeError) throw new RangeError(`${path}: ${error.message}`)
    throw error
  }
}

function seccompOf(value: string | undefined): Security['seccomp'] {
  if (value === undefined) return 'default'
  return value === 'unconfined' ? value : { profile: value }
}

function parseCapability(text: string): string {
  const name = capabilityName(text)
  if (name === 'ALL' || allCapabilities.includes(name)) return name
  throw new RangeError(`unknown capability "${text}"`)
}

/** `USER[:GROUP]`, names or numbers. */
function parseUser(text: string): string {
  if (/^[^:\s]+(?::[^:\s]+)?$/.test(text)) return text
  throw new RangeError(`expected USER or USER:GROUP, found "${text}"`)
}

function parseName(text: string): string {
  if (/^[^:\s]+$/.test(text)) return text
  throw new RangeError(`expected a name or a number, found "${text}"`)
}

/** Short ones, or maps with `source`, `target` and `permissions`. */
function readDevices(reader: NodeReader, node: unknown, path: FieldPath): Device[] | undefined {
  return readEach(reader, node, path, (item, at) => {
    if (!reader.isMap(item)) return reader.parsed(item, at, 'HOST_PATH[:PATH[:rwm]]', parseDevice)
    const section = reader.section(item, at, ['source', 'target', 'permissions'])
    if (section === undefined) return undefined
    if (section.source === undefined) return reader.problem(item, at, 'the key source is missing')
    const fields = new Fields(reader, at, section)
    const source = fields.parsed('source', 'a path', absolutePath)
    const target = fields.parsed('target', 'a path', absolutePath) ?? source
    const access = fields.parsed('permissions', 'permissions', parseAccess) ?? 'rwm'
    return source === undefined || target === undefined
      ? undefined
      : { hostPath: source, containerPath: target, access }
  })
}

function parseAccess(text: string): string {
  if (/^[rwm]{1,3}$/.test(text)) return text
  throw new RangeError(`expected some of r, w, m, found "${text}"`)
}

function parseDevice(text: string): Device {
  const [hostPath = '', containerPath = hostPath, access = 'rwm', ...more] = text.split(':')
  if (more.length > 0 || !/^[rwm]{1,3}$/.test(access))
    throw new RangeError(`expected HOST_PATH[:PATH[:rwm]], found "${text}"`)
  return { hostPath: absolutePath(hostPath), containerPath: absolutePath(containerPath), access }
}
