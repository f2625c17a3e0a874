import {
  boolean,
  count,
  type JsonObject,
  JsonShapeError,
  list,
  object,
  optional,
  text,
} from '../../json/value.ts'
import { isVersion, versionExpectation } from '../version.ts'
import type { Attempt, BadRelease, CheckResult, PastUpdate, Phase, UpdateState } from './state.ts'

/** The format that this agent writes, and the newest that it reads. */
export const stateFormatVersion = 1

export function stateToJson(state: UpdateState): string {
  return `${JSON.stringify({ formatVersion: stateFormatVersion, ...state }, undefined, 2)}\n`
}

/** The format version of a parsed file. Throws JsonShapeError. */
export function formatVersionOf(value: unknown): number {
  return count(object(value, 'the file').formatVersion, 'formatVersion')
}

/**
 * Reads a parsed file of this format. Unknown fields are let go: a format that older agents would
 * misread has a higher number. Throws JsonShapeError, which says what is wrong where.
 */
export function stateFromJson(value: unknown): UpdateState {
  const file = object(value, 'the file')
  const lastCheck = optional(file.lastCheck, 'lastCheck', checkResult)
  const nextCheckAt = optional(file.nextCheckAt, 'nextCheckAt', time)
  const hold = optional(file.hold, 'hold', (each, where) => {
    const { since, reason } = object(each, where)
    return { since: time(since, `${where}.since`), ...optionalText({ reason }, where) }
  })
  const pin = optional(file.pin, 'pin', (each, where) => {
    const { since, version: pinned } = object(each, where)
    return { since: time(since, `${where}.since`), version: version(pinned, `${where}.version`) }
  })
  return {
    phase: phase(file.phase, 'phase'),
    ...(lastCheck !== undefined && { lastCheck }),
    ...(nextCheckAt !== undefined && { nextCheckAt }),
    checkFailures: count(file.checkFailures, 'checkFailures'),
    ...(hold !== undefined && { hold }),
    ...(pin !== undefined && { pin }),
    badReleases: list(file.badReleases, 'badReleases').map((each, index) =>
      badRelease(each, `badReleases[${index}]`),
    ),
    history: list(file.history, 'history').map((each, index) =>
      pastUpdate(each, `history[${index}]`),
    ),
    lockMayBeHeld: boolean(file.lockMayBeHeld, 'lockMayBeHeld'),
  }
}

function phase(value: unknown, where: string): Phase {
  const fields = object(value, where)
  const kind = choice(
    fields.kind,
    ['idle', 'downloading', 'staged', 'rebooting', 'trying', 'returning'],
    `${where}.kind`,
  )
  if (kind === 'idle') return { kind }
  const shared = attempt(fields, where)
  if (kind === 'downloading') return { kind, ...shared }
  const bootId = text(fields.bootId, `${where}.bootId`)
  if (kind === 'returning')
    return { kind, bootId, reason: text(fields.reason, `${where}.reason`), ...shared }
  if (kind !== 'trying') return { kind, bootId, ...shared }
  const failure = optional(fields.failure, `${where}.failure`, (each, place) => {
    const { at, check, reason } = object(each, place)
    return {
      at: time(at, `${place}.at`),
      check: text(check, `${place}.check`),
      reason: text(reason, `${place}.reason`),
    }
  })
  const tries = count(fields.tries, `${where}.tries`)
  return { kind, bootId, tries, ...(failure !== undefined && { failure }), ...shared }
}

function attempt(fields: JsonObject, where: string): Attempt {
  return {
    from: version(fields.from, `${where}.from`),
    version: version(fields.version, `${where}.version`),
    since: time(fields.since, `${where}.since`),
    byHand: boolean(fields.byHand, `${where}.byHand`),
  }
}

function checkResult(value: unknown, where: string): CheckResult {
  const { at, ok, message, code } = object(value, where)
  return {
    at: time(at, `${where}.at`),
    ok: boolean(ok, `${where}.ok`),
    message: text(message, `${where}.message`),
    ...optionalText({ code }, where),
  }
}

function badRelease(value: unknown, where: string): BadRelease {
  const { version: bad, at, reason, check } = object(value, where)
  return {
    version: version(bad, `${where}.version`),
    at: time(at, `${where}.at`),
    reason: text(reason, `${where}.reason`),
    ...optionalText({ check }, where),
  }
}

function pastUpdate(value: unknown, where: string): PastUpdate {
  const { from, version: to, at, result, reason } = object(value, where)
  return {
    from: version(from, `${where}.from`),
    version: version(to, `${where}.version`),
    at: time(at, `${where}.at`),
    result: choice(
      result,
      ['updated', 'rolled-back', 'returned', 'dropped', 'failed'],
      `${where}.result`,
    ),
    ...optionalText({ reason }, where),
  }
}

function version(value: unknown, where: string): string {
  const found = text(value, where)
  if (!isVersion(found)) throw new JsonShapeError(`${where} is not ${versionExpectation}`)
  return found
}

function time(value: unknown, where: string): string {
  const found = text(value, where)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(found) || Number.isNaN(Date.parse(found)))
    throw new JsonShapeError(`${where} is not a time in ISO 8601, UTC`)
  return found
}

function choice<const Choice extends string>(
  value: unknown,
  choices: readonly Choice[],
  where: string,
): Choice {
  const found = choices.find((each) => each === value)
  if (found === undefined) throw new JsonShapeError(`${where} is not one of ${choices.join(', ')}`)
  return found
}

/** `{ name: value }` when there is one, else nothing. */
function optionalText<const Name extends string>(
  field: Readonly<Record<Name, unknown>>,
  where: string,
): { readonly [name in Name]?: string } {
  const found: { [name in Name]?: string } = {}
  for (const [name, value] of Object.entries(field) as [Name, unknown][]) {
    const words = optional(value, `${where}.${name}`, text)
    if (words !== undefined) found[name] = words
  }
  return found
}
