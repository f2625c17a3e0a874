import { some } from '../../json/some.ts'
import {
  count,
  type JsonObject,
  JsonShapeError,
  list,
  object,
  optional,
  parseJson,
  text,
  texts,
} from '../../json/value.ts'
import {
  type SeccompArgument,
  type SeccompRule,
  seccompActions,
  seccompOperators,
} from './oci-profile.ts'

/** A seccomp profile as Docker's files have it: rules can depend on the container and the kernel. */
export type DockerProfile = {
  readonly defaultAction: SeccompRule['action']
  readonly defaultErrnoRet?: number
  /** Those named, or for each architecture of a machine the ones that it runs besides. */
  readonly architectures: readonly string[] | readonly ArchitectureEntry[]
  readonly flags: readonly string[]
  readonly rules: readonly ConditionalRule[]
}

export type ArchitectureEntry = {
  readonly architecture: string
  readonly subArchitectures: readonly string[]
}

export type ConditionalRule = {
  readonly rule: SeccompRule
  readonly includes: RuleCondition
  readonly excludes: RuleCondition
}

export type RuleCondition = {
  readonly capabilities: readonly string[]
  /** In Go's words, such as `amd64`. */
  readonly architectures: readonly string[]
  /** Such as `4.8`. */
  readonly minimumKernel?: string
}

/** Throws JsonShapeError, which names the field and says what is wrong with it. */
export function parseDockerProfile(json: string): DockerProfile {
  const profile = object(parseJson(Buffer.from(json)), 'the profile')
  if (profile.listenerPath !== undefined)
    throw new JsonShapeError('listenerPath: no program here answers system calls for containers')
  const errnoRet = field(profile, 'defaultErrnoRet', count)
  return {
    defaultAction: oneOf(profile.defaultAction, 'defaultAction', seccompActions),
    ...some('defaultErrnoRet', errnoRet),
    architectures: architecturesOf(profile),
    flags: field(profile, 'flags', texts) ?? [],
    rules: items(profile, 'syscalls', ruleAt),
  }
}

/** The profile without blanks, once it is known to be one. Throws JsonShapeError as `parseDockerProfile`. */
export function checkedProfile(json: string): string {
  parseDockerProfile(json)
  return JSON.stringify(JSON.parse(json))
}

function architecturesOf(profile: JsonObject): DockerProfile['architectures'] {
  const named = field(profile, 'architectures', texts) ?? []
  const entries = items(profile, 'archMap', (item, where) => ({
    architecture: text(item.architecture, `${where}.architecture`),
    subArchitectures: field(item, 'subArchitectures', texts, where) ?? [],
  }))
  if (named.length > 0 && entries.length > 0)
    throw new JsonShapeError('expected one of architectures and archMap, found both')
  return named.length > 0 ? named : entries
}

function ruleAt(item: JsonObject, where: string): ConditionalRule {
  const name = field(item, 'name', text, where) || undefined
  const names = field(item, 'names', texts, where) ?? []
  if (name !== undefined && names.length > 0)
    throw new JsonShapeError(`${where}: expected one of name and names, found both`)
  const errnoRet = field(item, 'errnoRet', count, where)
  const args = items(item, 'args', argumentAt, where)
  return {
    rule: {
      names: name === undefined ? names : [name],
      action: oneOf(item.action, `${where}.action`, seccompActions),
      ...some('errnoRet', errnoRet),
      ...(args.length === 0 ? {} : { args }),
    },
    includes: conditionOf(item, 'includes', where),
    excludes: conditionOf(item, 'excludes', where),
  }
}

function argumentAt(item: JsonObject, where: string): SeccompArgument {
  const valueTwo = field(item, 'valueTwo', count, where)
  return {
    index: count(item.index, `${where}.index`),
    value: count(item.value, `${where}.value`),
    ...some('valueTwo', valueTwo),
    op: oneOf(item.op, `${where}.op`, seccompOperators),
  }
}

function conditionOf(item: JsonObject, key: string, parent: string): RuleCondition {
  const where = `${parent}.${key}`
  const condition = field(item, key, object, parent) ?? {}
  const minimumKernel = field(condition, 'minKernel', text, where)
  if (minimumKernel !== undefined && !/^\d+\.\d+$/.test(minimumKernel))
    throw new JsonShapeError(`${where}.minKernel: expected a version such as 4.8`)
  return {
    capabilities: field(condition, 'caps', texts, where) ?? [],
    architectures: field(condition, 'arches', texts, where) ?? [],
    ...some('minimumKernel', minimumKernel),
  }
}

function field<T>(
  of: JsonObject,
  key: string,
  read: (value: unknown, where: string) => T,
  parent = '',
): T | undefined {
  // Docker's own programs write null for a list that is empty.
  return optional(of[key], placeOf(key, parent), read)
}

function placeOf(key: string, parent: string): string {
  return parent === '' ? key : `${parent}.${key}`
}

function items<T>(
  of: JsonObject,
  key: string,
  read: (item: JsonObject, where: string) => T,
  parent = '',
): T[] {
  const where = placeOf(key, parent)
  return (field(of, key, list, parent) ?? []).map((item, at) =>
    read(object(item, `${where}[${at}]`), `${where}[${at}]`),
  )
}

function oneOf<T extends string>(value: unknown, where: string, known: readonly T[]): T {
  const found = known.find((each) => each === value)
  if (found !== undefined) return found
  throw new JsonShapeError(`${where}: expected one of ${known.join(', ')}`)
}
