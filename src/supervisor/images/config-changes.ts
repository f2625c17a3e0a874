import { posix } from 'node:path'
import { imagesErrors } from '../../errors/images.ts'
import type { JsonObject } from '../../json/value.ts'
import { parseSignal } from '../compose/signal.ts'
import { healthcheckOf } from './healthcheck-change.ts'
import { expanded, splitWords, WordsError } from './shell-words.ts'

/** `config` of an image while it is changed, in Docker's fields. */
type Draft = Record<string, unknown>

type Apply = (draft: Draft, rest: string) => void

/**
 * What running containers get from an image, changed by instructions of a Dockerfile: those that Docker
 * takes for `--change`. Throws SLIPWAY_IMAGES_CHANGE_INVALID.
 */
export function changedConfig(config: JsonObject, changes: readonly string[]): JsonObject {
  const draft: Draft = { ...config }
  let isCommandSet = false
  for (const line of instructionLines(changes)) {
    const name = (/^\S+/.exec(line)?.[0] ?? '').toUpperCase()
    const apply = Object.hasOwn(instructions, name) ? instructions[name] : undefined
    if (apply === undefined) throw invalid(line, `${name} is not a valid change command`)
    try {
      apply(draft, line.slice(name.length).trim())
    } catch (error) {
      if (error instanceof WordsError || error instanceof RangeError)
        throw invalid(line, error.message, error)
      throw error
    }
    if (name === 'CMD') isCommandSet = true
    // The command was meant for the entry point before.
    if (name === 'ENTRYPOINT' && !isCommandSet) draft.Cmd = null
  }
  return draft
}

const instructions: Readonly<Record<string, Apply>> = {
  CMD: (draft, rest) => {
    draft.Cmd = commandOf(draft, rest)
  },
  ENTRYPOINT: (draft, rest) => {
    draft.Entrypoint = commandOf(draft, rest)
  },
  ENV: (draft, rest) => {
    const changed = pairsOf(draft, rest)
    const before = environmentOf(draft)
    const kept = before.map((text) => {
      const name = nameIn(text)
      return changed.has(name) ? `${name}=${changed.get(name)}` : text
    })
    const known = new Set(before.map(nameIn))
    const added = [...changed].filter(([name]) => !known.has(name))
    draft.Env = [...kept, ...added.map(([name, value]) => `${name}=${value}`)]
  },
  EXPOSE: (draft, rest) => {
    const ports = wordsOf(draft, needed(rest)).flatMap(portsOf)
    draft.ExposedPorts = withKeys(draft.ExposedPorts, ports)
  },
  HEALTHCHECK: (draft, rest) => {
    draft.Healthcheck = healthcheckOf(needed(rest), jsonTexts)
  },
  LABEL: (draft, rest) => {
    draft.Labels = { ...object(draft.Labels), ...Object.fromEntries(pairsOf(draft, rest)) }
  },
  ONBUILD: (draft, rest) => {
    const trigger = needed(rest)
    const forbidden = /^(?:ONBUILD|FROM|MAINTAINER)\b/i.exec(trigger)?.[0]
    if (forbidden !== undefined)
      throw new RangeError(`${forbidden} isn't allowed as an ONBUILD trigger`)
    draft.OnBuild = [...texts(draft.OnBuild), trigger]
  },
  STOPSIGNAL: (draft, rest) => {
    const signal = single(draft, rest)
    parseSignal(signal)
    draft.StopSignal = signal
  },
  USER: (draft, rest) => {
    draft.User = single(draft, rest)
  },
  VOLUME: (draft, rest) => {
    const paths = jsonTexts(rest) ?? splitWords(needed(rest))
    const variables = variablesOf(draft)
    const volumes = paths.map((path) => expanded(path, variables))
    if (volumes.some((path) => path.trim() === ''))
      throw new RangeError('VOLUME specified can not be an empty string')
    draft.Volumes = withKeys(draft.Volumes, volumes)
  },
  WORKDIR: (draft, rest) => {
    const path = single(draft, rest)
    const before = typeof draft.WorkingDir === 'string' ? draft.WorkingDir : ''
    draft.WorkingDir = posix.resolve('/', before, path)
  },
}

/** One instruction each, whose lines a backslash at the end joins; comments are left out. */
function instructionLines(changes: readonly string[]): string[] {
  return changes
    .join('\n')
    .replace(/^[ \t]*#.*$/gm, '')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** A list of JSON, or else a line for the image's shell. */
function commandOf(draft: Draft, rest: string): string[] {
  const words = jsonTexts(rest)
  if (words !== undefined) return words
  const shell = texts(draft.Shell)
  return [...(shell.length === 0 ? ['/bin/sh', '-c'] : shell), needed(rest)]
}

function jsonTexts(rest: string): string[] | undefined {
  if (!rest.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(rest)
    if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value
  } catch {
    // As Docker has it, what is no JSON is a line for the shell.
  }
  return undefined
}

/** `NAME=value …`, or one name and the rest of the line. */
function pairsOf(draft: Draft, rest: string): Map<string, string> {
  const words = splitWords(needed(rest))
  const variables = variablesOf(draft)
  const value = (word: string) => expanded(word, variables)
  const [first = ''] = words
  if (!first.includes('=')) {
    const text = rest.slice(first.length).trim()
    if (text === '') throw new RangeError('it must have two arguments')
    return new Map([[value(first), value(text)]])
  }
  const pairs = words.map((word) => {
    const at = word.indexOf('=')
    if (at === -1)
      throw new RangeError(
        `can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`,
      )
    const name = value(word.slice(0, at))
    if (name === '') throw new RangeError('names can not be blank')
    return [name, value(word.slice(at + 1))] as const
  })
  return new Map(pairs)
}

/** The ports of `80`, `80/udp` or `8000-8002`. */
function portsOf(word: string): string[] {
  const found = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word)
  const [, first = '', last = first, protocol = 'tcp'] = found ?? []
  const [from, to] = [Number(first), Number(last)]
  if (found === null || from > to || to > 65_535)
    throw new RangeError(`invalid containerPort: ${word}`)
  const name = protocol.toLowerCase()
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${name}`)
}

function single(draft: Draft, rest: string): string {
  return expanded(needed(rest), variablesOf(draft))
}

function wordsOf(draft: Draft, rest: string): string[] {
  const variables = variablesOf(draft)
  return splitWords(rest).flatMap((word) => splitWords(expanded(word, variables)))
}

function needed(rest: string): string {
  if (rest === '') throw new RangeError('it requires an argument')
  return rest
}

function variablesOf(draft: Draft): ReadonlyMap<string, string> {
  return new Map(
    environmentOf(draft).map((text) => [nameIn(text), text.slice(nameIn(text).length + 1)]),
  )
}

function environmentOf(draft: Draft): string[] {
  return texts(draft.Env)
}

function nameIn(text: string): string {
  return text.split('=', 1)[0] ?? ''
}

function withKeys(value: unknown, keys: readonly string[]): object {
  return { ...object(value), ...Object.fromEntries(keys.map((key) => [key, {}])) }
}

function object(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function invalid(change: string, reason: string, cause?: unknown) {
  return imagesErrors.error('SLIPWAY_IMAGES_CHANGE_INVALID', { change, reason }, cause)
}
