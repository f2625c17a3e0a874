import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readIfThere } from '../src/files/absence.ts'
import { run } from '../src/pipeline/program.ts'

export type DebianTree = {
  /** What it is for, in the words of the messages. */
  readonly name: string
  /** Where it is kept between runs. */
  readonly directory: string
  readonly packages: readonly string[]
  /** Entries of sources.list(5). */
  readonly lines: readonly string[]
}

/**
 * A Debian tree with packages and what they depend on; made anew when packages or sources change. Gives its
 * path. Throws SLIPWAY_BUILD_PROGRAM_MISSING (mmdebstrap), SLIPWAY_BUILD_PROGRAM_FAILED.
 */
export async function debianTree(
  { name, directory: tree, packages, lines }: DebianTree,
  { signal, say }: { readonly signal: AbortSignal; say(text: string): void },
): Promise<string> {
  const wanted = JSON.stringify({ lines, packages })
  if ((await readIfThere(`${tree}.json`)) === wanted) return tree
  const doing = `making a Debian tree for ${name}`
  say(doing)
  await rm(`${tree}.json`, { force: true })
  await rm(tree, { recursive: true, force: true })
  const parameters = ['--variant=apt', '--mode=root', `--include=${packages.join(',')}`]
  await mkdir(dirname(tree), { recursive: true })
  // In a mount name space of its own, which takes mmdebstrap's mounts along when it ends in whatever way.
  await run(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private', '--']
      .concat('mmdebstrap', ...parameters, '--aptopt=APT::Install-Recommends "false"')
      .concat('trixie', tree, ...lines),
    { signal, doing },
  )
  await writeFile(`${tree}.json.new`, wanted)
  await rename(`${tree}.json.new`, `${tree}.json`)
  return tree
}

/**
 * A command line in the tree, whose root is a mount point there, as mkosi needs; `folders` of this machine are
 * seen at the paths that are their keys. The kernel ends it with everything it started, and drops its
 * mounts, when we end.
 */
export function insideTree(
  tree: string,
  folders: Readonly<Record<string, string>>,
  directory: string,
  command: readonly string[],
): [file: string, parameters: string[]] {
  const environment = { PATH: '/usr/sbin:/usr/bin', LC_ALL: 'C.UTF-8', HOME: '/root' }
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : ['--setenv', name, value]
  })
  return [
    'bwrap',
    [
      ['--die-with-parent', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
      ['--bind', tree, '/', '--dev', '/dev', '--proc', '/proc', '--ro-bind', '/sys', '/sys'],
      ['--tmpfs', '/tmp', '--tmpfs', '/run'],
      ['--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf'],
      Object.entries(folders).flatMap(([inside, outside]) => ['--bind', outside, inside]),
      ['--chdir', directory, '--clearenv'],
      Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
      proxies,
      ['--', ...command],
    ].flat(),
  ]
}

/** Versions of packages that a tree has, by name. */
export async function versionsIn(
  tree: string,
  packages: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const query = ['--admindir', join(tree, 'var/lib/dpkg'), '--show', ...packages]
  const text = await run('dpkg-query', query, { signal })
  const lines = text.trim().split('\n')
  return Object.fromEntries(
    lines.map((line) => line.split('\t') as [name: string, version: string]),
  )
}
