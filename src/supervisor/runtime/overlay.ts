import { mkdir, readFile } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import type { Container } from '../containers/container.ts'
import { containerPaths, type Directories } from '../directories.ts'
import { idMappedPaths } from '../user-namespaces/id-mapped-directories.ts'
import { runProgram } from './programs.ts'

/** overlayfs's own limit (OVL_MAX_STACK), but for the layer below those of the image. */
const mostLayers = 499

/**
 * The options of an overlay mount: layers above the base given bottom first, overlayfs wants the top one first.
 * Each layer is an option of its own (`lowerdir+`, Linux 6.5): one `lowerdir` with all of them would
 * meet the limit of 256 bytes for one option, or of a page for all.
 * Throws SLIPWAY_SUPERVISOR_TOO_MANY_LAYERS when overlayfs would refuse them.
 */
export function overlayOptions(
  base: string,
  layers: readonly string[],
  upper: string,
  work: string,
): string {
  if (layers.length > mostLayers)
    throw supervisorErrors.error('SLIPWAY_SUPERVISOR_TOO_MANY_LAYERS', {
      count: layers.length,
      most: mostLayers,
    })
  const lower = [...layers.toReversed(), base].map((layer) => `lowerdir+=${layer}`)
  return [...lower, `upperdir=${upper}`, `workdir=${work}`].join(',')
}

/**
 * Mounts a container's root file system; no harm when it is mounted already. On the disk its files have the ids that
 * they have in the container, whatever those are on the host: layers are shared by all.
 */
export async function mountRootfs(
  { id, image, userNamespace }: Pick<Container, 'id' | 'image' | 'userNamespace'>,
  directories: Directories,
): Promise<void> {
  const paths = containerPaths(directories, id)
  for (const directory of [paths.upper, paths.work, paths.rootfs])
    await mkdir(directory, { recursive: true, mode: 0o755 })
  if (await isMounted(paths.rootfs)) return
  const seen =
    userNamespace === undefined
      ? (path: string) => path
      : await idMappedPaths(userNamespace, directories)
  const options = overlayOptions(
    seen(paths.baseLayer),
    image.layers.map(seen),
    seen(paths.upper),
    seen(paths.work),
  )
  await runProgram('mount', ['-t', 'overlay', 'overlay', '-o', options, paths.rootfs])
}

/** Unmounts whatever is mounted at `path`, even if a process still uses it. */
export async function unmount(path: string): Promise<void> {
  while (await isMounted(path)) await runProgram('umount', ['--lazy', path])
}

export async function isMounted(path: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  const wanted = path.replace(/[ \t\n\\]/g, octal)
  return mounts.split('\n').some((line) => line.split(' ')[4] === wanted)
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
}
