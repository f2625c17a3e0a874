import { updateAgentErrors } from '../../errors/update-agent.ts'
import { usageError, type VerbContext } from '../verb.ts'
import { type Updates, updatesOf } from './updates.ts'

export const updateUsage = `Usage: slipctl update COMMAND [OPTIONS]

Commands:
  status                            what runs, what waits, why nothing happens
  check                             look for a release now, as the schedule would
  apply [VERSION] [--no-reboot]     take the newest release, or this one, and reboot into it; what waits is
                                    booted. Neither hold, window nor lock keep the host from it.
  rollback [REASON]                 reboot into the release before; what runs is not taken again by itself
  pin VERSION                       this host shall have this version, whatever the newest is
  pin --end                         follow the channel again
  hold [REASON]                     take no release and reboot into none
  hold --end                        go on

Options:
  --json   the answer as JSON
  --help   this text

Exit status: 0 done; 1 refused or failed; 2 wrong usage.
`

const verbs: Readonly<
  Record<
    string,
    () => Promise<{ run(programArguments: readonly string[], updates: Updates): Promise<number> }>
  >
> = {
  status: () => import('./status.ts'),
  check: () => import('./check.ts'),
  apply: () => import('./apply.ts'),
  rollback: () => import('./rollback.ts'),
  pin: () => import('./pin.ts'),
  hold: () => import('./hold.ts'),
}

/** `slipctl update`; gives the exit status. Throws what the verbs throw, and SLIPWAY_UPDATE_NOT_PERMITTED. */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const [verb, ...rest] = programArguments
  if (programArguments.includes('--help') || verb === '-h') {
    process.stdout.write(updateUsage)
    return 0
  }
  if (verb === undefined) {
    process.stderr.write(updateUsage)
    return 2
  }
  const load = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined
  if (load === undefined) throw usageError(`unknown command "update ${verb}"`)
  try {
    return await (await load()).run(rest, updatesOf(endpoint))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw updateAgentErrors.error('SLIPWAY_UPDATE_NOT_PERMITTED', { reason }, error)
  }
}
