import { access } from 'node:fs/promises'
import { isSlipwayError } from '../../errors/error.ts'
import { agentPaths } from '../agent/paths.ts'
import { readProgress } from '../agent/progress-file.ts'
import { readRunningSystem } from '../agent/running-release.ts'
import { readTurnMemory } from '../agent/turn-memory.ts'
import { loadUpdateSettings } from '../settings/settings.ts'
import { initialState } from '../state/state.ts'
import { readUpdateState } from '../state/state-file.ts'
import { type StatusSources, statusOf, type UpdateStatus } from './status-of.ts'

/**
 * How updates stand on this host. Throws SLIPWAY_UPDATE_RUNNING_UNKNOWN, SLIPWAY_UPDATE_STATE_DAMAGED,
 * SLIPWAY_UPDATE_STATE_NEWER.
 */
export async function readUpdateStatus(paths = agentPaths): Promise<UpdateStatus> {
  return statusOf(await readSources(paths))
}

/** Nothing is written, and nobody is asked: what the agent left behind tells. */
async function readSources(paths: typeof agentPaths): Promise<StatusSources> {
  return {
    running: await readRunningSystem(paths.osRelease),
    settings: await loadUpdateSettings(paths.settings).catch((error: unknown) => {
      if (!isSlipwayError(error)) throw error
      return { enabled: 'unknown' as const, problem: error }
    }),
    trusts: await access(paths.rootFile).then(
      () => true,
      () => false,
    ),
    state: (await readUpdateState(paths.state)) ?? initialState,
    memory: await readTurnMemory(paths.run),
    progress: readProgress(paths.run),
    nowMs: Date.now(),
  }
}
