import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifGone, namesIn, readIfThere } from '../../files/absence.ts'
import type { Directories } from '../directories.ts'
import { ended, findProgram, programEnvironment } from '../runtime/programs.ts'
import type { Scope } from '../runtime/scope.ts'

/**
 * Brings back the server of names when it has ended although networks have entries; netavark looks
 * after it only when a container comes or goes. Gives whether it was gone. Must not run while netavark does.
 */
export async function reviveNameServer(
  { runtime }: Pick<Directories, 'runtime'>,
  scope: Pick<Scope, 'aside'>,
): Promise<boolean> {
  const directory = `${runtime}/netavark/aardvark-dns`
  const files = await namesIn(directory)
  const hasEntries = files.some((name) => !name.startsWith('aardvark.'))
  if (!hasEntries || (await isRunning(`${directory}/aardvark.pid`))) return false
  const [program = '', ...programArguments] = scope.aside([
    await findProgram('aardvark-dns'),
    ...['--config', directory, '--port', '53', 'run'],
  ])
  // It goes on in the background once it listens, and would hold pipes of ours open.
  const child = spawn(program, programArguments, { env: programEnvironment(), stdio: 'ignore' })
  const end = await ended(child, program)
  if (end !== 0)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_PROGRAM_FAILED', {
      program: 'aardvark-dns',
      end: typeof end === 'number' ? `exit status ${end}` : end,
      words: 'nothing',
    })
  return true
}

async function isRunning(pidFile: string): Promise<boolean> {
  const pid = Number(await readIfThere(pidFile))
  if (!Number.isInteger(pid) || pid <= 0) return false
  // Another program may have its number by now.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(ifGone)
  return commandLine?.includes('aardvark-dns') === true
}
