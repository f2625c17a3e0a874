import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import type { Config } from '../../ignition-schema/index.ts'
import { lookAtContent, waitForDevice } from '../disks/look.ts'
import { opensByTang } from '../disks/plan-volume.ts'
import type { TargetRoot } from '../root/target-root.ts'
import { removeJournal } from '../steps/journal.ts'
import { layersOf } from './layers.ts'
import { type Layer, writePointer } from './pointer.ts'
import { type RootFilesystem, rootFilesystem } from './root-filesystem.ts'

/**
 * Records on the boot disk where root is, which is the last thing that provisioning does: everything on that root is on
 * its disk by then.
 */
export async function keepPlace(
  { device, format, options }: RootFilesystem,
  config: Config,
  image: TargetRoot,
): Promise<void> {
  const there = await waitForDevice(device)
  const { content } = await lookAtContent(there)
  if (content?.type !== format || !content.uuid) {
    const details = { device, reason: `it does not hold ${format} with a UUID` }
    throw ignitionDiskErrors.error('SLIPWAY_IGNITION_ROOT_LOST', details)
  }
  const layers = await layersOf(there)
  const needsNetwork = (config.storage?.luks ?? []).some(
    (luks) => opensByTang(luks) && layers.some((layer) => isVolume(layer, luks.name)),
  )
  writePointer(image, { uuid: content.uuid, format, options, layers, needsNetwork })
  removeJournal(image)
}

function isVolume({ kind, name }: Layer, wanted: string): boolean {
  return kind === 'volume' && name === wanted
}

/** The UUIDs of the encrypted volumes that the initrd opens for root. */
export async function volumesBelowRoot(config: Config): Promise<ReadonlySet<string>> {
  const root = rootFilesystem(config)
  if (root === undefined) return new Set()
  const layers = await layersOf(await waitForDevice(root.device))
  return new Set(layers.filter(({ kind }) => kind === 'volume').map(({ uuid }) => uuid))
}
