import { stat } from 'node:fs/promises'
import { ifNowhere } from '../../files/absence.ts'
import { resolveInRoot } from '../../files/confined.ts'
import type { Container } from '../containers/container.ts'
import { finishPopulating, populate } from './populate.ts'
import type { VolumeStore } from './store.ts'

/**
 * Makes the volumes of a container ready to be mounted. As in Docker, a volume that is empty when a
 * container has it for the first time begins with what the image has at its target, owner and mode included.
 * Gives the path of each volume by its name.
 */
export async function prepareVolumes(
  { spec, state, userNamespace }: Pick<Container, 'spec' | 'state' | 'userNamespace'>,
  rootfs: string,
  volumes: VolumeStore,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>()
  // One whose record is gone comes back.
  await volumes.withVolumes(spec.mounts, async () => {})
  for (const { type, source, target, noCopy } of spec.mounts) {
    if (type !== 'volume') continue
    const files = volumes.paths(source)
    paths.set(source, files.data)
    const seed = await resolveInRoot(rootfs, target)
    const mayCopy = noCopy !== true && state.startedAt === undefined && (await isDirectory(seed))
    await volumes.alone(source, async () => {
      await finishPopulating(files)
      if (mayCopy) await populate(files, seed, userNamespace)
    })
  }
  return paths
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(ifNowhere))?.isDirectory() === true
}
