import { lchown, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAbsence } from '../../files/absence.ts'
import { resolveInRoot } from '../../files/confined.ts'
import type { ContainerMount } from '../containers/spec.ts'

/**
 * Makes what the mounts of a container cover and its root has not, with Docker's modes; crun would make it as well, with
 * its own. Sound only before the container runs.
 *
 * @param owner the container's root on the host
 */
export async function makeMountPoints(
  mounts: readonly Pick<ContainerMount, 'type' | 'source' | 'target'>[],
  rootfs: string,
  owner = 0,
): Promise<void> {
  for (const { type, source, target } of mounts) {
    const place = await resolveInRoot(rootfs, target)
    if (!(await isAbsent(place))) continue
    const isFile = type === 'bind' && !(await stat(source)).isDirectory()
    await makeDirectories(isFile ? dirname(place) : place, owner)
    if (!isFile) continue
    await writeFile(place, '', { mode: 0o755 })
    await lchown(place, owner, owner)
  }
}

/** Makes a directory and what lacks above it, each of one owner. */
export async function makeDirectories(path: string, owner: number): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o755 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made))
    await lchown(made, owner, owner)
}

/** What cannot be looked at is left to crun, which tells why. */
async function isAbsent(path: string): Promise<boolean> {
  return await stat(path).then(() => false, isAbsence)
}
