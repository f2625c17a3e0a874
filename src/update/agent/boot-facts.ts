import { readFile } from 'node:fs/promises'
import type { SlipwayError } from '../../errors/error.ts'
import { countedEntryFile } from '../esp/boot-count-path.ts'
import { type BootEntry, listEntries, runningEntries } from '../esp/entries.ts'
import { rootHashOf } from '../slot/discover.ts'
import { advance } from '../state/advance.ts'
import type { BootFacts } from '../state/event.ts'
import { type Limits, standardLimits } from '../state/outcome.ts'
import type { UpdateState } from '../state/state.ts'
import { loadUpdateState, saveUpdateState } from '../state/state-file.ts'
import { type AgentPaths, agentPaths } from './paths.ts'
import { readRunningSystem } from './running-release.ts'

/** The remembered state, and why the file of it was of no use, if so. */
export type OpenedState = {
  readonly state: UpdateState
  /** SLIPWAY_UPDATE_STATE_DAMAGED or SLIPWAY_UPDATE_STATE_NEWER: updates are held now. */
  readonly problem?: SlipwayError
}

export type RecordedBoot = OpenedState & {
  readonly facts: BootFacts
  /** What was remembered before. */
  readonly before: UpdateState
}

/**
 * What this boot is: what runs, whether it is on trial, and what the ESP has of the version that the remembered
 * phase names. Nothing is written.
 *
 * Throws SLIPWAY_UPDATE_RUNNING_UNKNOWN, SLIPWAY_UPDATE_SLOT_NO_ROOT_HASH, and the system's errors about the ESP.
 */
export async function readBootFacts(
  { phaseVersion, now = () => new Date() }: { phaseVersion?: string; now?: () => Date } = {},
  paths: AgentPaths = agentPaths,
): Promise<BootFacts> {
  const [bootId, { version: running }, commandLine, counted, entries] = await Promise.all([
    readFile(paths.bootId, 'utf8'),
    readRunningSystem(paths.osRelease),
    readFile(paths.commandLine, 'utf8'),
    countedEntryFile(paths.efiVariables),
    listEntries({ directory: paths.boot }),
  ])
  const triesLeft = phaseVersion === undefined ? undefined : triesLeftOf(phaseVersion, entries)
  return {
    at: now().toISOString(),
    bootId: bootId.trim(),
    running,
    onTrial: isOnTrial(runningEntries(entries, rootHashOf(commandLine)), counted),
    ...(triesLeft !== undefined && { entry: { triesLeft } }),
  }
}

/** Reads the remembered state; one that is of no use is set aside, see `loadUpdateState`. */
export async function openUpdateState(
  now: () => Date = () => new Date(),
  paths: AgentPaths = agentPaths,
): Promise<OpenedState> {
  return await loadUpdateState(now().toISOString(), paths.state)
}

/**
 * Holds the remembered state against this boot (`agent-started`), saves it and gives it: the first thing that whoever
 * writes the state does. One process at a time. Throws as `readBootFacts`, and the system's errors about the file.
 */
export async function recordBoot(
  {
    now = () => new Date(),
    limits = standardLimits,
  }: { readonly now?: () => Date; readonly limits?: Limits } = {},
  paths: AgentPaths = agentPaths,
): Promise<RecordedBoot> {
  const opened = await openUpdateState(now, paths)
  const { phase } = opened.state
  const facts = await readBootFacts(
    { now, ...(phase.kind !== 'idle' && { phaseVersion: phase.version }) },
    paths,
  )
  const state = advance(opened.state, { kind: 'agent-started', ...facts }, limits)
  if (state !== opened.state || opened.problem !== undefined)
    await saveUpdateState(state, paths.state)
  return { ...opened, before: opened.state, state, facts }
}

/**
 * By the name, not by the counter alone: an entry that was found good and then marked bad, so that another one is
 * booted next, has a counter too.
 */
function isOnTrial(running: readonly BootEntry[], counted: string | undefined): boolean {
  return (
    counted !== undefined &&
    running.some(({ file, name }) => name?.tries !== undefined && isSameFile(file, counted))
  )
}

/** vfat does not tell capitals from small letters. */
function isSameFile(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** The best of the version's entries that boot: what was not finished, or given up, has no root hash. */
function triesLeftOf(
  version: string,
  entries: readonly BootEntry[],
): number | 'blessed' | undefined {
  const names = entries.flatMap(({ name, rootHash }) =>
    name?.version === version && rootHash !== undefined ? [name] : [],
  )
  if (names.length === 0) return undefined
  if (names.some(({ tries }) => tries === undefined)) return 'blessed'
  return Math.max(...names.map(({ tries }) => tries?.left ?? 0))
}
