import { access } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { isSlipwayError } from '../../errors/error.ts'
import { agentPaths } from '../../update/agent/paths.ts'
import { readProgress } from '../../update/agent/progress-file.ts'
import { readRunningSystem } from '../../update/agent/running-release.ts'
import { readTurnMemory } from '../../update/agent/turn-memory.ts'
import { loadUpdateSettings } from '../../update/settings/settings.ts'
import { initialState } from '../../update/state/state.ts'
import { readUpdateState } from '../../update/state/state-file.ts'
import { type StatusSources, statusOf } from './status-of.ts'
import { statusText } from './status-text.ts'

/** Throws SLIPWAY_UPDATE_RUNNING_UNKNOWN, SLIPWAY_UPDATE_STATE_DAMAGED, SLIPWAY_UPDATE_STATE_NEWER. */
export async function run(programArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  const status = statusOf(await readSources())
  process.stdout.write(
    values.json === true ? `${JSON.stringify(status, undefined, 2)}\n` : statusText(status),
  )
  return 0
}

/** Nothing is written, and nobody is asked: what the agent left behind tells. */
async function readSources(paths = agentPaths): Promise<StatusSources> {
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
