import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mountedAt } from '../disks/mounted-at.ts'
import { runProgram } from '../disks/program.ts'
import type { TargetRoot } from '../root/target-root.ts'

/** The root of the boot disk, which has the image's /usr, and what becomes the host's root: mostly the same. */
export type Roots = { readonly image: TargetRoot; readonly target: TargetRoot }

/** The part of the image that says what an empty root has. */
const skeleton = 'usr/lib/tmpfiles.d/slipway-root.conf'

/**
 * Makes a mounted file system look as root looks to Ignition: the skeleton, the image's /usr, and /etc as an overlay
 * with an upper layer of its own. May be repeated.
 */
export async function furnish({ image, target: { directory } }: Roots): Promise<void> {
  const input = readFileSync(join(image.directory, skeleton))
  await runProgram('systemd-tmpfiles', [`--root=${directory}`, '--create', '-'], { input })
  const [usr, etc] = placesIn(directory)
  if (mountedAt(usr) === undefined)
    await runProgram('mount', ['--bind', join(image.directory, 'usr'), usr])
  if (mountedAt(etc) === undefined)
    await runProgram('mount', ['-t', 'overlay', '-o', overlayOptions(directory), 'overlay', etc])
}

/** Unmounts what furnish mounted. */
export async function clear(directory: string): Promise<void> {
  for (const place of placesIn(directory).toReversed())
    if (mountedAt(place) !== undefined) await runProgram('umount', [place])
}

function placesIn(directory: string): readonly [usr: string, etc: string] {
  return [join(directory, 'usr'), join(directory, 'etc')]
}

/** As units/initrd/sysroot-etc.mount has them. */
function overlayOptions(directory: string): string {
  const at = (path: string) => join(directory, path)
  return [
    'nodev,nosuid',
    `lowerdir=${at('usr/share/slipway/etc')}`,
    `upperdir=${at('var/lib/slipway/etc/upper')}`,
    `workdir=${at('var/lib/slipway/etc/work')}`,
  ].join(',')
}
