import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../pipeline/program.ts'
import type { Stage } from '../pipeline/stage.ts'
import { inMachineTree } from './programs.ts'

type Inputs = {
  /** Path of the machine tree, whose key names its content. */
  readonly tree: string
  /** Files by path, with their mode. */
  readonly files: Readonly<Record<string, { readonly text: string; readonly mode: number }>>
  readonly command: readonly string[]
}

const applets =
  'cat chmod chroot cp date dd df echo env false find free grep head hostname httpd id ip kill ln ls mkdir mount mv nc netstat nslookup ping printf ps pwd readlink rm sed sh sleep sort stat sync tail tar test timeout touch tr true umount uname vi wc wget which xargs'.split(
    ' ',
  )

/**
 * Makes a container image of busybox and some files, as an OCI image layout: small enough to be made on
 * the spot, and a real image that a real registry serves.
 */
export const busyboxImageStage: Stage<Inputs, 'layout', null> = {
  name: 'busybox-image',
  title: 'Make the container image',
  source: import.meta.filename,
  files: { layout: 'layout' },
  run: async ({ tree, files, command }, work) => {
    const [layout, bundle] = [join(work.directory, 'layout'), join(work.scratch, 'bundle')]
    const umoci = (...parameters: string[]) => {
      const [file, all] = inMachineTree(tree, 'umoci', parameters)
      return run(file, all, { signal: work.signal, doing: 'making the container image' })
    }
    const image = `${layout}:latest`
    await umoci('init', '--layout', layout)
    await umoci('new', '--image', image)
    await umoci('unpack', '--rootless', '--image', image, bundle)
    await fill(join(bundle, 'rootfs'), join(tree, 'usr/bin/busybox'), files)
    await umoci('repack', '--refresh-bundle', '--image', image, bundle)
    await umoci('config', '--image', image, ...command.flatMap((word) => ['--config.cmd', word]))
    await umoci('gc', '--layout', layout)
    return null
  },
}

async function fill(root: string, busybox: string, files: Inputs['files']): Promise<void> {
  for (const folder of ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev'])
    await mkdir(join(root, folder), { recursive: true })
  await copyFile(busybox, join(root, 'bin/busybox'))
  await chmod(join(root, 'bin/busybox'), 0o755)
  for (const applet of applets) await symlink('busybox', join(root, 'bin', applet))
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\n')
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n')
  for (const [path, { text, mode }] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    await chmod(join(root, path), mode)
  }
}
