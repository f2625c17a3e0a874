import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExecaError, execa } from 'execa'
import { benchErrors } from '../src/errors/bench.ts'

export type OursOptions = {
  readonly project: string
  /** Where the copy of the checkout and the build's cache are kept between runs. */
  readonly directory: string
  readonly signal: AbortSignal
}

export type OurImage = {
  readonly qcow2: string
  readonly raw: string
  readonly usr: string
  readonly uki: string
}

/** A copy of the checkout, with a cache of its own, in which builds can be timed and files changed. */
export type Ours = {
  readonly project: string
  readonly cache: string
  /** What one build needs of the disk: with `downloads`, packages are fetched again. */
  forget(what: { readonly downloads: boolean }): Promise<void>
  /** Milliseconds that `slipway build` took, from the program's start to its end. */
  build(): Promise<number>
  /** Changes one TypeScript file of the supervisor; each text makes another change. */
  touch(text: string): Promise<void>
  /** Takes the change back. */
  restore(): Promise<void>
  readonly image: OurImage
}

/** What a checkout has that is no input of a build. */
const leftOut = new Set(['.git', '.cache', 'node_modules', 'build'])

/** Copies the checkout as it is now. Builds throw SLIPWAY_BENCH_BUILD_FAILED. */
export async function openOurs({ project, directory, signal }: OursOptions): Promise<Ours> {
  const [copy, cache] = [join(directory, 'checkout'), join(directory, 'cache')]
  const output = join(copy, 'build/qemu')
  await rm(copy, { recursive: true, force: true })
  await mkdir(copy, { recursive: true })
  // Name by name: the copy may lie in the checkout's own cache.
  for (const name of await readdir(project))
    if (!leftOut.has(name)) await cp(join(project, name), join(copy, name), { recursive: true })
  await symlink(join(project, 'node_modules'), join(copy, 'node_modules'))
  const supervisor = join(copy, 'src/supervisor/supervisor.ts')
  const original = await readFile(supervisor, 'utf8')
  return {
    project: copy,
    cache,
    forget: async ({ downloads }) => {
      for (const path of [output, join(cache, 'store'), ...(downloads ? [join(cache, 'apt')] : [])])
        await rm(path, { recursive: true, force: true })
    },
    build: async () => {
      const startedMs = performance.now()
      await slipwayBuild(copy, cache, output, signal)
      return performance.now() - startedMs
    },
    // A statement with an effect: comments and unused names do not reach the bundle.
    touch: (text) =>
      writeFile(
        supervisor,
        `${original}\nReflect.set(globalThis, 'benchmark', ${JSON.stringify(text)})\n`,
      ),
    restore: () => writeFile(supervisor, original),
    image: {
      qcow2: join(output, 'slipway.qcow2'),
      raw: join(output, 'slipway.raw'),
      usr: join(output, 'usr.erofs'),
      uki: join(output, 'slipway.efi'),
    },
  }
}

async function slipwayBuild(
  project: string,
  cache: string,
  output: string,
  signal: AbortSignal,
): Promise<void> {
  const main = join(project, 'src/cli/main.ts')
  const parameters = ['build', 'qemu', '--json', '--output', output]
  try {
    await execa(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...parameters], {
      cwd: project,
      env: { SLIPWAY_CACHE: cache },
      stdin: 'ignore',
      cancelSignal: signal,
      forceKillAfterDelay: 10_000,
    })
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof ExecaError)) throw error
    const output = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.trim().split('\n').slice(-12)
    throw benchErrors.error('SLIPWAY_BENCH_BUILD_FAILED', { output: output.join('\n') }, error)
  }
}
