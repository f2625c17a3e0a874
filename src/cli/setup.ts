import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { missingProgram, packageOfProgram, run } from '../pipeline/program.ts'

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * Brings what the build needs from the machine, and the programs of `more`, which are called like their
 * packages. As root on a Debian system missing packages are installed; otherwise the error names the
 * command. Throws SLIPWAY_BUILD_PROGRAM_MISSING.
 */
export async function setUp(
  signal: AbortSignal,
  say: (text: string) => void,
  more: readonly string[] = [],
): Promise<void> {
  const wanted = [...Object.keys(packageOfProgram), ...more]
  const missing = wanted.filter((program) => !isThere(program))
  const packages = missing.map((program) => packageOfProgram[program] ?? program)
  if (!existsSync(keyring)) packages.push('debian-archive-keyring')
  if (packages.length === 0) return
  if (process.getuid?.() !== 0 || !isThere('apt-get'))
    throw missingProgram(missing[0] ?? packages[0] ?? '')
  say(`installing ${packages.join(', ')}`)
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], { signal, env: environment })
  await run(
    'apt-get',
    ['install', '--yes', '-qq', '--no-install-recommends', ...new Set(packages)],
    {
      signal,
      env: environment,
    },
  )
}

function isThere(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
