import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { standardErrorLog } from '../../journal/log.ts'
import { recordBoot } from '../agent/boot-facts.ts'
import { agentPaths } from '../agent/paths.ts'
import { type BootEntry, listEntries } from '../esp/entries.ts'
import { entryState } from '../esp/entry-name.ts'
import { rootHashOf } from '../slot/discover.ts'
import { advance } from '../state/advance.ts'
import { saveUpdateState } from '../state/state-file.ts'

const run = promisify(execFile)

/**
 * `slipway-host verdict`: after a counted boot that was not found good, whatever part of boot-complete.target it was
 * that failed, notes the reason and reboots, into the next try or the release before. A host that has nothing
 * else to boot stays as it is. Exit status 0 when the boot is good, 1 otherwise.
 */
export async function giveVerdict(): Promise<number> {
  const log = standardErrorLog()
  const units = parseUnits(await systemctl('show', ...shown, 'boot-complete.target'))
  if (units[0]?.activeState === 'active') return 0
  const required = (
    await systemctl('show', '--property=Requires', '--value', 'boot-complete.target')
  )
    .trim()
    .split(/\s+/)
  const failed = failedUnits(parseUnits(await systemctl('show', ...shown, ...required)))
  const reason =
    failed.length === 0 ? 'boot-complete.target was not reached' : `failed: ${failed.join(', ')}`

  const { state, facts } = await recordBoot()
  if (state.phase.kind === 'trying') {
    const at = new Date().toISOString()
    const check = failed[0] ?? 'boot-complete.target'
    await saveUpdateState(advance(state, { kind: 'unhealthy', at, check, reason }))
  }
  const entries = await listEntries({ directory: agentPaths.boot })
  const running = rootHashOf(await readFile(agentPaths.commandLine, 'utf8'))
  if (!hasOtherRelease(entries, running)) {
    log.error(
      `${facts.running} is not found good (${reason}), and there is no other release to boot`,
    )
    return 1
  }
  log.error(`${facts.running} is not found good (${reason}): rebooting`)
  await systemctl('reboot', '--no-block')
  return 1
}

const shown = ['--property=Id', '--property=ActiveState'] as const

type Unit = { readonly id: string; readonly activeState: string }

/** Reads `systemctl show` of several units: blocks of properties with an empty line between them. */
export function parseUnits(text: string): Unit[] {
  return text
    .trim()
    .split(/\n\n+/)
    .map((block) => ({
      id: /^Id=(.*)$/m.exec(block)?.[1] ?? '',
      activeState: /^ActiveState=(.*)$/m.exec(block)?.[1] ?? '',
    }))
}

/** Those that keep a target from being reached. */
export function failedUnits(units: readonly Unit[]): string[] {
  return units.filter(({ activeState }) => activeState !== 'active').map(({ id }) => id)
}

/** Whether the boot loader has a release to go to that is not known to be bad. */
export function hasOtherRelease(entries: readonly BootEntry[], runningRootHash: string): boolean {
  return entries.some(
    ({ name, rootHash }) =>
      name !== undefined &&
      rootHash !== undefined &&
      rootHash !== runningRootHash &&
      entryState(name) !== 'bad',
  )
}

async function systemctl(...programArguments: readonly string[]): Promise<string> {
  const { stdout } = await run('systemctl', ['--no-pager', ...programArguments])
  return stdout
}
