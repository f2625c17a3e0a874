import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type CpioMember, packCpio, S_IFDIR, S_IFREG } from '../../src/disk/cpio.ts'
import { runInSandbox } from '../../src/pipeline/sandbox.ts'
import { entriesOf } from '../../src/tree/entry.ts'
import { arrayConfig } from './configs.ts'
import type { GuestKernel } from './guest-kernel.ts'
import { benchFolder, guestScripts, initScript, measuringUnit } from './guest-lines.ts'
import { hostFiles } from './lines.ts'

export type GuestDisksOptions = {
  /** The Debian tree with all that both sides run. */
  readonly tree: string
  readonly executable: string
  readonly kernel: GuestKernel
  /** Where they go; emptied before. */
  readonly directory: string
  readonly turns: number
  readonly sides: readonly ('ours' | 'peer')[]
  readonly signal: AbortSignal
}

/** Images that the machine boots from: the Debian tree, what is ours on top of it, and an initrd that finds both. */
export async function makeGuestDisks(options: GuestDisksOptions) {
  const { tree, kernel, directory, signal } = options
  await rm(directory, { recursive: true, force: true })
  const [ours, initrd] = [join(directory, 'ours'), join(directory, 'initrd.cpio')]
  await fill(ours, options)
  await writeFile(initrd, packCpio(await initrdMembers(tree, kernel), 0))
  const pack = async (content: string, name: string) => {
    const disk = join(directory, name)
    const places = { writable: [directory], readable: [content], signal }
    await runInSandbox(kernel.tools, places, 'mkfs.erofs', ['--quiet', '-x-1', disk, content])
    return disk
  }
  return { tree: await pack(tree, 'tree.erofs'), ours: await pack(ours, 'ours.erofs'), initrd }
}

async function fill(directory: string, options: GuestDisksOptions): Promise<void> {
  const { executable, kernel, turns, sides } = options
  const files = {
    ...below(`${benchFolder}/host`, hostFiles),
    ...below(benchFolder, guestScripts(turns, sides)),
    [`${benchFolder}/${arrayConfig.name}.ign`]: JSON.stringify(arrayConfig.config),
    'etc/systemd/system/measure.service': measuringUnit,
    'etc/machine-id': 'b08dfa6083e7567a1921a715000001fb\n',
    'etc/fstab': '',
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
  const program = join(directory, benchFolder, 'slipway-host')
  await copyFile(executable, program)
  await chmod(program, 0o755)
  await cp(kernel.modules, directory, { recursive: true })
}

function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]),
  )
}

async function initrdMembers(tree: string, { initrdModules }: GuestKernel): Promise<CpioMember[]> {
  const folder = (path: string) => ({ path, mode: S_IFDIR | 0o755, content: Buffer.alloc(0) })
  const program = (path: string, content: Buffer) => ({ path, mode: S_IFREG | 0o755, content })
  const modules = await entriesOf(join(initrdModules, 'usr/lib/modules'), '')
  const members = [
    program('init', Buffer.from(initScript)),
    program('bin/busybox', await readFile(join(tree, 'usr/bin/busybox'))),
    ...(await Promise.all(
      modules.map(async ({ path, source }) =>
        program(`lib/modules${path}`, await readFile(source)),
      ),
    )),
  ]
  const folders = new Set(members.flatMap(({ path }) => parentsOf(path)))
  return [...[...folders].map(folder), ...members]
}

function parentsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === '.' ? [] : [...parentsOf(parent), parent]
}
