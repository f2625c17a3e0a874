import { readFile } from 'node:fs/promises'
import { checkYaml, problemAt } from '../../checked-yaml/check.ts'
import { complete } from '../../checked-yaml/complete.ts'
import { type Problem, problemsText } from '../../checked-yaml/problem.ts'
import { updatePlanErrors } from '../../errors/update-plan.ts'
import { isAbsence } from '../../files/absence.ts'
import { type RebootWindow, weekdays } from '../schedule/window.ts'
import { contradictions } from './contradictions.ts'
import { durationMs } from './duration.ts'
import { type Strategy, strategies, type UpdateFile, updateFileSchema } from './schema.ts'

export const updateSettingsFile = '/etc/slipway/update.yaml'

/** What the host may do about updates: nothing, for a reason, or what the settings say. */
export type LoadedSettings =
  | { readonly enabled: false; readonly reason: string }
  | ({ readonly enabled: true } & UpdateSettings)

export type UpdateSettings = {
  /** The repository's base address; ends in `/`. */
  readonly server: string
  readonly channel: string
  readonly intervalMs: number
  readonly strategy: Strategy
  readonly windows: readonly RebootWindow[]
  /** There with the strategy `lock` alone. */
  readonly lock?: LockSettings
  /** How often a new release is booted until one boot is good. */
  readonly tries: number
  readonly health: HealthSettings
  /** How many past updates are remembered. */
  readonly history: number
}

export type LockSettings = {
  /** The base address; ends in `/`. */
  readonly url: string
  readonly group: string
  /** A PEM file. */
  readonly caCertificate?: string
}

export type HealthSettings = {
  readonly containers: boolean
  readonly network: boolean
  readonly server: boolean
  readonly timeoutMs: number
}

/**
 * Reads the settings. Without a file updates are off: a host contacts nobody unasked.
 *
 * @throws SLIPWAY_UPDATE_SETTINGS_INVALID with every mistake at its line, SLIPWAY_UPDATE_SETTINGS_UNREADABLE.
 */
export async function loadUpdateSettings(file = updateSettingsFile): Promise<LoadedSettings> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    if (isAbsence(error)) return undefined
    throw updatePlanErrors.error('SLIPWAY_UPDATE_SETTINGS_UNREADABLE', { file }, error)
  })
  if (text === undefined) return { enabled: false, reason: `there is no file ${file}` }
  return parseUpdateSettings(text, file)
}

/** As `loadUpdateSettings`, of a text; `file` is for messages. Throws SLIPWAY_UPDATE_SETTINGS_INVALID. */
export function parseUpdateSettings(text: string, file: string): LoadedSettings {
  const { settings, problems } = checkUpdateSettings(text, file)
  if (settings !== undefined) return settings
  throw updatePlanErrors.error('SLIPWAY_UPDATE_SETTINGS_INVALID', {
    problems: problemsText(problems),
  })
}

/** As `parseUpdateSettings`, with every mistake at its place instead of an error. */
export function checkUpdateSettings(
  text: string,
  file: string,
): { readonly settings?: LoadedSettings; readonly problems: readonly Problem[] } {
  const checked = checkYaml(text, file, updateFileSchema)
  const problems = [...checked.problems]
  // What a file with mistakes lacks or contradicts may be just what was mistyped.
  const completed = problems.length > 0 ? undefined : complete(checked.value, updateFileSchema)
  if (completed === undefined) return { problems }
  const mistakes = 'missing' in completed ? completed.missing : contradictions(completed.value)
  for (const { path, message } of mistakes) problems.push(problemAt(checked, path, message))
  if (!('value' in completed) || problems.length > 0) return { problems }
  return { settings: settingsOf(completed.value, file), problems: [] }
}

function settingsOf(written: UpdateFile, file: string): LoadedSettings {
  const { enabled, server, channel, lock, tries, health, history } = written
  if (!enabled || server === undefined)
    return { enabled: false, reason: `${file} says enabled: false` }
  return {
    enabled: true,
    server: baseUrl(server),
    channel,
    intervalMs: durationMs(written.interval),
    strategy: strategies.find((strategy) => strategy === written.strategy) ?? 'manual',
    windows: written.windows.map(windowOf),
    ...(lock !== undefined && { lock: { ...lock, url: baseUrl(lock.url) } }),
    tries,
    health: {
      containers: health.containers,
      network: health.network,
      server: health.server,
      timeoutMs: durationMs(health.timeout),
    },
    history,
  }
}

function windowOf({ days, start, length, timeZone }: UpdateFile['windows'][number]): RebootWindow {
  const [hour, minute] = start.split(':').map(Number)
  return {
    days: days.includes('daily') ? weekdays : weekdays.filter((day) => days.includes(day)),
    start: { hour: hour ?? 0, minute: minute ?? 0 },
    lengthMs: durationMs(length),
    timeZone,
  }
}

/** With the slash that makes relative addresses go below it. */
function baseUrl(text: string): string {
  const { href } = new URL(text)
  return href.endsWith('/') ? href : `${href}/`
}
