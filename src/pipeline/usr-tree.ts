import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { entriesOf } from '../tree/entry.ts'
import type { UnitSource } from '../tree/unit-sources.ts'
import { APPARMOR_POLICY } from './apparmor-policy.ts'
import { linkOrCopy, placeEntries } from './base-tree.ts'
import { runInSandbox } from './sandbox.ts'
import type { Result, Stage } from './stage.ts'

type Inputs = {
  tools: Result<'trees', null>
  stripped: Result<'tree' | 'provenance'>
  kernel: Result<'image' | 'config' | 'modules'>
  apparmor: Result<'policy', null>
  units: readonly UnitSource[]
  osRelease: string
}

/** Where the /etc that a release brings lies in /usr: the lower layer of the host's /etc. */
export const ETC_LOWER = 'usr/share/slipway/etc'

/** Composes the tree of /usr but for the host executable: packages, modules, our units, and /etc. */
export const usrTreeStage: Stage<Inputs, 'tree', null> = {
  name: 'usr-tree',
  title: 'Compose units and /etc',
  source: import.meta.filename,
  files: { tree: 'tree' },
  run: async ({ tools, stripped, kernel, apparmor, units, osRelease }, work) => {
    const tree = join(work.directory, 'tree')
    for (const part of [stripped.files.tree, kernel.files.modules])
      await placeEntries(await entriesOf(part, ''), tree)
    for (const { destination, text } of units) {
      const path = join(tree, destination)
      await mkdir(dirname(path), { recursive: true })
      // Never through a hard link into another stage's result.
      await rm(path, { force: true })
      await writeFile(path, text)
    }
    await mkdir(dirname(join(tree, APPARMOR_POLICY)), { recursive: true })
    await linkOrCopy(apparmor.files.policy, join(tree, APPARMOR_POLICY))
    await linkStandardPaths(tree, osRelease)

    const inTree = (program: string, parameters: string[]) =>
      runInSandbox(
        tools.files.trees,
        { writable: [tree], signal: work.signal, env: { SYSTEMD_OFFLINE: '1' } },
        program,
        [`--root=${tree}`, ...parameters],
      )
    work.progress('creating system users')
    await inTree('systemd-sysusers', [])
    work.progress('enabling units')
    await inTree('systemctl', ['preset-all'])
    await rm(join(tree, 'etc/.pwd.lock'), { force: true })
    for (const name of ['passwd-', 'group-', 'shadow-', 'gshadow-'])
      await rm(join(tree, 'etc', name), { force: true })
    await mkdir(dirname(join(tree, ETC_LOWER)), { recursive: true })
    await rename(join(tree, 'etc'), join(tree, ETC_LOWER))
    await keepOnlyUsr(tree, work.scratch)
    return null
  },
}

async function linkStandardPaths(tree: string, osRelease: string): Promise<void> {
  await writeFile(join(tree, 'usr/lib/os-release'), osRelease)
  await mkdir(join(tree, 'etc'), { recursive: true })
  const links: [string, string][] = [
    ['../usr/lib/os-release', 'etc/os-release'],
    ['../run/systemd/resolve/resolv.conf', 'etc/resolv.conf'],
    ['../proc/self/mounts', 'etc/mtab'],
    ['bin', 'usr/sbin'],
    ['multi-user.target', 'usr/lib/systemd/system/default.target'],
  ]
  for (const [target, path] of links) {
    await rm(join(tree, path), { force: true })
    await symlink(target, join(tree, path))
  }
  // The program interpreter is asked for under /lib64, which on the host is a link to here.
  await mkdir(join(tree, 'usr/lib64'), { recursive: true })
}

async function keepOnlyUsr(tree: string, scratch: string): Promise<void> {
  await rename(tree, join(scratch, 'whole'))
  await mkdir(tree)
  await rename(join(scratch, 'whole/usr'), join(tree, 'usr'))
}
