import { lstat, readFile, readlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type CpioMember, packCpio, S_IFDIR, S_IFLNK, S_IFREG } from '../disk/cpio.ts'
import { readElf } from '../tree/elf.ts'
import { entriesOf } from '../tree/entry.ts'
import { selectEntries } from '../tree/select.ts'
import { orphanedUnits } from '../tree/unit-files.ts'
import type { UnitSource } from '../tree/unit-sources.ts'
import { packageEntries } from './base-tree.ts'
import { initrdRules } from './initrd-content.ts'
import type { KernelFacts } from './kernel.ts'
import type { Result, Stage } from './stage.ts'

type Inputs = {
  packages: Result<'trees', null>
  kernel: Result<'initrdModules', KernelFacts>
  units: readonly UnitSource[]
  osRelease: string
  epoch: number
}

/** What the initrd stage records of each member. */
export type InitrdFile = {
  /** Absolute path in the initrd. */
  readonly path: string
  /** Type and permission bits as in st_mode. */
  readonly mode: number
  readonly sizeBytes: number
  /** The Debian package that brought it; absent for what the build made. */
  readonly package?: string
}

/** Packs the initrd: a cpio archive that is not compressed, so that updates send only what changed in it. */
export const initrdStage: Stage<Inputs, 'image' | 'files', null> = {
  name: 'initrd',
  title: 'Pack the initrd',
  source: import.meta.filename,
  files: { image: 'initrd.cpio', files: 'files.json' },
  run: async ({ packages, kernel, units, osRelease, epoch }, work) => {
    const entries = await packageEntries(packages.files.trees)
    const chosen = await selectEntries(entries, initrdRules, (entry) => readElf(entry.source))
    const orphans = await orphanedUnits(chosen)
    const members: CpioMember[] = []
    const origins = new Map<string, string>()
    const text = (path: string, content: string) =>
      members.push({ path, mode: S_IFREG | 0o644, content: Buffer.from(content) })
    const link = (path: string, target: string) =>
      members.push({ path, mode: S_IFLNK | 0o777, content: Buffer.from(target) })

    for (const entry of chosen.filter(({ path }) => !orphans.has(path))) {
      origins.set(entry.path.slice(1), entry.package)
      members.push(await memberOf(entry.path.slice(1), entry.source))
    }
    for (const { path, source } of await entriesOf(kernel.files.initrdModules, '')) {
      if (!/\.ko$|\.bin$|\.softdep$|\.builtin$/.test(path)) continue
      if (path.endsWith('.ko')) origins.set(path.slice(1), kernel.facts.package)
      members.push(await memberOf(path.slice(1), source))
    }
    for (const unit of units) text(unit.destination.slice(1), unit.text)
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) link(name, `usr/${name}`)
    link('usr/sbin', 'bin')
    link('init', 'usr/lib/systemd/systemd')
    link('etc/initrd-release', '../usr/lib/os-release')
    link('etc/os-release', '../usr/lib/os-release')
    text('usr/lib/os-release', osRelease)
    text('etc/passwd', initrdUsers)
    text('etc/group', initrdGroups)
    for (const folder of [
      'proc',
      'sys',
      'dev',
      'run',
      'tmp',
      'sysroot',
      'var/tmp',
      'root',
      'sysusr/usr',
    ])
      members.push({ path: folder, mode: S_IFDIR | 0o755, content: Buffer.alloc(0) })

    await writeFile(join(work.directory, 'initrd.cpio'), packCpio(withFolders(members), epoch))
    const files = members.map(({ path, mode, content }): InitrdFile => {
      const owner = origins.get(path)
      const sizeBytes = content.length
      return { path: `/${path}`, mode, sizeBytes, ...(owner !== undefined && { package: owner }) }
    })
    await writeFile(join(work.directory, 'files.json'), JSON.stringify(files))
    return null
  },
}

/** Who provisions, and whom its network runs as: numbers as of units/sysusers/slipway.conf. */
const initrdUsers = [
  'root:x:0:0:root:/root',
  'systemd-network:x:196:196::/',
  'systemd-resolve:x:197:197::/',
]
  .map((user) => `${user}:/usr/bin/nologin\n`)
  .join('')

/** The groups that udev's rules give devices to, and those of the users. */
const initrdGroups = `root:x:0:\n${['tty:5', 'disk:6', 'kmem:15', 'dialout:20', 'cdrom:24', 'tape:26', 'audio:29', 'video:44', 'lp:7', 'systemd-journal:190', 'input:191', 'kvm:192', 'render:193', 'sgx:194', 'clock:195', 'systemd-network:196', 'systemd-resolve:197'].map((group) => group.replace(':', ':x:')).join(':\n')}:\n`

async function memberOf(path: string, source: string): Promise<CpioMember> {
  const information = await lstat(source)
  return information.isSymbolicLink()
    ? { path, mode: S_IFLNK | 0o777, content: Buffer.from(await readlink(source)) }
    : { path, mode: S_IFREG | (information.mode & 0o755), content: await readFile(source) }
}

/** Adds the folders that members lie in: the kernel makes none by itself. */
function withFolders(members: readonly CpioMember[]): CpioMember[] {
  const byPath = new Map(members.map((member) => [member.path, member]))
  for (const { path } of members)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
      if (!byPath.has(folder))
        byPath.set(folder, { path: folder, mode: S_IFDIR | 0o755, content: Buffer.alloc(0) })
  return [...byPath.values()]
}
