import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'

/** Where the compiled profile of containers lies, from which the supervisor loads it. */
export const APPARMOR_POLICY = 'usr/lib/slipway/apparmor/docker-default'

/** The profile of containers as people write it. */
export function readContainerProfile(project: string): Promise<string> {
  return readFile(join(project, 'apparmor/docker-default'), 'utf8')
}

/** Compiles the profile of containers to what the kernel loads, so that the host needs no compiler. */
export const apparmorPolicyStage: Stage<
  { tools: Result<'trees', null>; profile: string },
  'policy',
  null
> = {
  name: 'apparmor-policy',
  title: 'Compile the AppArmor profile',
  source: import.meta.filename,
  files: { policy: 'policy' },
  run: async ({ tools, profile }, work) => {
    const source = join(work.scratch, 'docker-default')
    await writeFile(source, profile)
    await runInSandbox(
      tools.files.trees,
      {
        readable: [work.scratch],
        writable: [work.directory],
        signal: work.signal,
        doing: 'compiling the AppArmor profile',
      },
      'apparmor_parser',
      parserArguments(source, join(work.directory, 'policy')),
    )
    return null
  },
}

/** Command line of apparmor_parser: the result depends on the profile alone, never on the kernel that builds. */
export function parserArguments(source: string, policy: string): string[] {
  return [
    // Debian's would choose the features, too.
    '--config-file=/dev/null',
    `--kernel-features=${ABI}`,
    '--skip-kernel-load',
    '--skip-cache',
    // A rule that this ABI could not enforce.
    '--Werror',
    `--ofile=${policy}`,
    source,
  ]
}

/** What the kernel mediates, of Debian's package; the profile names the same. */
const ABI = '/etc/apparmor.d/abi/kernel-5.4-vanilla'
