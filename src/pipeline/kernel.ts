import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { buildErrors } from '../errors/build.ts'
import type { KernelSelection } from '../image/definition.ts'
import { entriesOf } from '../tree/entry.ts'
import { neededModules, parseModuleIndex } from '../tree/modules.ts'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'

export type KernelFacts = {
  /** As `uname -r` prints it. */
  readonly release: string
  /** The Debian package that it comes from. */
  readonly package: string
}

type Inputs = {
  tools: Result<'trees', null>
  packages: Result<'trees', null>
  selection: Pick<KernelSelection, 'modules' | 'initrdModules'>
}

/** Takes the kernel, its configuration, and those of its modules that the image keeps. */
export const kernelStage: Stage<
  Inputs,
  'image' | 'config' | 'modules' | 'initrdModules',
  KernelFacts
> = {
  name: 'kernel',
  title: 'Choose kernel modules',
  source: import.meta.filename,
  files: {
    image: 'vmlinuz',
    config: 'config',
    modules: 'modules',
    initrdModules: 'initrd-modules',
  },
  run: async ({ tools, packages, selection }, work) => {
    const tree = await kernelPackage(packages.files.trees)
    const release = (await readdir(join(tree, 'usr/lib/modules')))[0] ?? ''
    const modules = join(tree, 'usr/lib/modules', release)
    await copyFile(join(tree, `boot/vmlinuz-${release}`), join(work.directory, 'vmlinuz'))
    await copyFile(join(tree, `boot/config-${release}`), join(work.directory, 'config'))

    work.progress('reading what modules depend on')
    const all = join(work.scratch, 'all')
    await copyModuleIndexes(modules, join(all, 'usr/lib/modules', release))
    const paths = (await entriesOf(modules, '')).map((entry) => entry.path.slice(1))
    const inAll = join(all, 'usr/lib/modules', release)
    await copyAll(
      modules,
      inAll,
      paths.filter((path) => /\.ko(\.xz)?$/.test(path)),
    )
    const depmod = (root: string) =>
      runInSandbox(tools.files.trees, { writable: [root], signal: work.signal }, 'depmod', [
        '--basedir',
        root,
        '--moduledir',
        '/usr/lib/modules',
        release,
      ])
    await depmod(all)
    const indexOf = (name: string) => readFile(join(inAll, `modules.${name}`), 'utf8')
    const index = parseModuleIndex({
      dependencies: await indexOf('dep'),
      softDependencies: await indexOf('softdep'),
      aliases: await indexOf('alias'),
    })
    const builtIn = await readFile(join(modules, 'modules.builtin'), 'utf8')
    const kept = neededModules(index, builtIn, Object.keys(selection.modules))
    const initrd = neededModules(index, builtIn, selection.initrdModules)
    const missing = [...kept.missing, ...initrd.missing]
    if (missing.length > 0)
      throw buildErrors.error('SLIPWAY_BUILD_MODULE_MISSING', { names: missing.join(', ') })

    work.progress('unpacking modules')
    const target = join(work.directory, 'modules', 'usr/lib/modules', release)
    await copyModuleIndexes(modules, target)
    const chosen = [...new Set([...kept.paths, ...initrd.paths])].sort()
    await copyAll(modules, target, chosen)
    const compressed = chosen.filter((path) => path.endsWith('.xz'))
    // The file system that holds them compresses better, and loading is faster without xz.
    if (compressed.length > 0)
      await runInSandbox(
        tools.files.trees,
        { writable: [target], signal: work.signal, doing: 'unpacking kernel modules' },
        'xz',
        [
          '--decompress',
          `--threads=${availableParallelism()}`,
          ...compressed.map((path) => join(target, path)),
        ],
      )
    await depmod(join(work.directory, 'modules'))

    // With indexes of its own, so that nothing in the initrd looks for a module that only /usr has.
    const inInitrd = join(work.directory, 'initrd-modules', 'usr/lib/modules', release)
    await copyModuleIndexes(modules, inInitrd)
    const unpacked = initrd.paths.map((path) => path.replace(/\.xz$/, ''))
    await copyAll(target, inInitrd, unpacked)
    await depmod(join(work.directory, 'initrd-modules'))
    return { release, package: basename(tree) }
  },
}

async function kernelPackage(trees: string): Promise<string> {
  const name = (await readdir(trees)).find((each) => /^linux-image-\d/.test(each))
  if (name === undefined)
    throw buildErrors.error('SLIPWAY_BUILD_MODULE_MISSING', { names: 'a package linux-image-*' })
  return join(trees, name)
}

async function copyModuleIndexes(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const name of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'])
    await copyFile(join(from, name), join(to, basename(name)))
}

async function copyAll(from: string, to: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(join(to, dirname(path)), { recursive: true })
    await copyFile(join(from, path), join(to, path))
  }
}
