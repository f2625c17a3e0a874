import { mkdir } from 'node:fs/promises'
import { buildErrors } from '../errors/build.ts'
import { isSlipwayError } from '../errors/error.ts'
import { type RunOptions, run } from './program.ts'

export type SandboxOptions = {
  /** Folders that are seen under the same path, writable. */
  readonly writable?: readonly string[]
  /** Folders and files that are seen under the same path, read-only. */
  readonly readable?: readonly string[]
  /** Device nodes passed through. */
  readonly devices?: readonly string[]
  /** Whether the programs see the machine's network; they don't unless told. */
  readonly network?: boolean
}

/**
 * Command line that runs a program of a tools tree: in name spaces of its own, where only that tree and
 * the folders named are seen. The kernel ends it and drops its mounts when we end. Needs no root.
 */
export function sandboxCommand(
  tree: string,
  options: SandboxOptions,
  program: string,
  parameters: readonly string[],
): [file: string, parameters: string[]] {
  const bind = (kind: string) => (path: string) => [kind, path, path]
  return [
    'bwrap',
    [
      ['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
      process.getuid?.() === 0 ? [] : asRootOfNamespace,
      options.network ? [] : ['--unshare-net'],
      ['--ro-bind', `${tree}/usr`, '/usr', '--ro-bind', `${tree}/etc`, '/etc'],
      ['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
      [
        '--proc',
        '/proc',
        '--dev',
        '/dev',
        '--tmpfs',
        '/tmp',
        '--tmpfs',
        '/run',
        '--dir',
        '/var/tmp',
      ],
      (options.readable ?? []).flatMap(bind('--ro-bind')),
      (options.writable ?? []).flatMap(bind('--bind')),
      (options.devices ?? []).flatMap(bind('--dev-bind')),
      ['--setenv', 'PATH', '/usr/sbin:/usr/bin', '--', program],
      parameters,
    ].flat(),
  ]
}

/** Root over this user's own files, such as those that nobody else may read; over nothing else. */
const asRootOfNamespace = ['--unshare-user', '--uid', '0', '--gid', '0', '--cap-add', 'ALL']

/** Runs a program of a tools tree to its end; errors as `run` in program.ts. */
export async function runInSandbox(
  tree: string,
  options: SandboxOptions & RunOptions,
  program: string,
  parameters: readonly string[],
): Promise<string> {
  for (const directory of options.writable ?? []) await mkdir(directory, { recursive: true })
  const [file, all] = sandboxCommand(tree, options, program, parameters)
  try {
    return await run(file, all, options)
  } catch (error) {
    if (!isSlipwayError(error, 'SLIPWAY_BUILD_PROGRAM_FAILED')) throw error
    const output = String(error.details.output)
    if (
      /^bwrap: .*(Creating new namespace|Operation not permitted|setting up uid map)/m.test(output)
    )
      throw buildErrors.error(
        'SLIPWAY_BUILD_SANDBOX_REFUSED',
        { output, command: 'npx slipway build' },
        error,
      )
    throw buildErrors.error(
      'SLIPWAY_BUILD_PROGRAM_FAILED',
      { ...error.details, program },
      error.cause ?? error,
    )
  }
}
