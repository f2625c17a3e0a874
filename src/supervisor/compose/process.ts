import { some } from '../../json/some.ts'
import type { ContainerSpec, Ulimit } from '../containers/spec.ts'
import { ulimitNames } from '../containers/ulimit-names.ts'
import type { Fields } from './fields.ts'
import { absolutePath } from './mounts.ts'
import type { NodeReader } from './node-reader.ts'
import { parseBytes } from './quantities.ts'

/** What the process of a container finds around itself. */
export const processKeys = [
  'working_dir',
  'hostname',
  'domainname',
  'tty',
  'stdin_open',
  'init',
  'tmpfs',
  'shm_size',
  'sysctls',
  'ulimits',
  'oom_score_adj',
] as const

type ProcessFields = Fields<(typeof processKeys)[number]>

type Surroundings = Pick<
  ContainerSpec,
  | 'workingDirectory'
  | 'hostname'
  | 'domainname'
  | 'terminal'
  | 'init'
  | 'stdin'
  | 'tmpfs'
  | 'sharedMemoryBytes'
  | 'sysctls'
  | 'ulimits'
  | 'oomScoreAdjustment'
>

export function readSurroundings(
  fields: ProcessFields,
  readMap: (
    reader: NodeReader,
    node: unknown,
    path: readonly (string | number)[],
  ) => Record<string, string> | undefined,
): Surroundings {
  const stdin = fields.flag('stdin_open')
  return {
    ...some('workingDirectory', fields.parsed('working_dir', 'an absolute path', absolutePath)),
    ...some('hostname', fields.parsed('hostname', 'a host name', parseHostName)),
    ...some('domainname', fields.parsed('domainname', 'a domain', parseHostName)),
    ...some('terminal', fields.flag('tty')),
    ...some('init', fields.flag('init')),
    ...(stdin === true ? { stdin: { once: false } } : {}),
    ...some('tmpfs', readTmpfs(fields)),
    ...some('sharedMemoryBytes', fields.parsed('shm_size', 'a size', parseBytes)),
    ...some('sysctls', fields.read('sysctls', readMap)),
    ...some('ulimits', fields.read('ulimits', readUlimits)),
    ...some('oomScoreAdjustment', fields.parsed('oom_score_adj', 'a number', parseOomScore)),
  }
}

function readTmpfs(fields: ProcessFields): Record<string, string> | undefined {
  const mounts = fields.texts('tmpfs', 'PATH[:OPTIONS]', parseTmpfs, { orOne: true })
  return mounts && Object.fromEntries(mounts)
}

function parseTmpfs(text: string): [target: string, options: string] {
  const [target = '', options = '', ...more] = text.split(':')
  if (more.length > 0) throw new RangeError(`expected PATH[:OPTIONS], found "${text}"`)
  return [absolutePath(target), options]
}

/** A map of names to a number, or to `soft` and `hard`; -1 is without limit. */
function readUlimits(
  reader: NodeReader,
  node: unknown,
  path: readonly (string | number)[],
): Ulimit[] | undefined {
  return reader.entries(node, path)?.flatMap(({ key, keyNode, value }) => {
    const at = [...path, key]
    if (!ulimitNames.includes(key)) {
      reader.problem(keyNode, at, `unknown limit; there are ${ulimitNames.join(', ')}`)
      return []
    }
    if (!reader.isMap(value)) {
      const both = reader.parsed(value, at, 'a number', parseLimit)
      return both === undefined ? [] : [{ name: key, soft: both, hard: both }]
    }
    const pair = reader.section(value, at, ['soft', 'hard'])
    if (pair === undefined) return []
    if (pair.soft === undefined || pair.hard === undefined) {
      reader.problem(keyNode, at, 'expected both soft and hard')
      return []
    }
    const soft = reader.parsed(pair.soft.value, [...at, 'soft'], 'a number', parseLimit)
    const hard = reader.parsed(pair.hard.value, [...at, 'hard'], 'a number', parseLimit)
    return soft === undefined || hard === undefined ? [] : [{ name: key, soft, hard }]
  })
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^-1$|^\d+$/.test(text) && Number.isSafeInteger(limit)) return limit
  throw new RangeError(`expected a whole number, or -1 for no limit, found "${text}"`)
}

function parseOomScore(text: string): number {
  const score = Number(text)
  if (/^-?\d+$/.test(text) && Math.abs(score) <= 1000) return score
  throw new RangeError(`expected a number from -1000 to 1000, found "${text}"`)
}

function parseHostName(text: string): string {
  if (text.length <= 253 && /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(text)) return text
  throw new RangeError(`expected a host name, found "${text}"`)
}
