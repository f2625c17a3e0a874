import { updateAgentErrors } from '../../errors/update-agent.ts'
import type { ReleaseDescription } from '../release.ts'
import { labelledVersion, type Slot } from '../slot/layout.ts'
import type { Session } from './session.ts'

/**
 * Has the supervisor pull the container images that a release brings, before anything of the release
 * is written: after the reboot nothing is pulled. The images of what is in the free slot stay until
 * another release is taken. Throws SLIPWAY_UPDATE_IMAGES_NOT_PULLED, and the signal's reason.
 */
export async function pullImages(
  { host }: Session,
  { version, containerImages: images = {} }: ReleaseDescription,
  free: Slot,
): Promise<void> {
  const { log, signal } = host
  const inFreeSlot = labelledVersion(free.usr.label)
  const bootable = inFreeSlot === undefined ? [] : [inFreeSlot]
  const count = Object.keys(images).length
  if (count > 0) log('info', `${version}: pulling its container images, ${count} of them`)
  try {
    await host.pullImages({ version, images, bootable })
  } catch (cause) {
    signal.throwIfAborted()
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (count > 0)
      throw updateAgentErrors.error('SLIPWAY_UPDATE_IMAGES_NOT_PULLED', { version, reason }, cause)
    // A release without any can be taken: the supervisor was only to drop those of older ones.
    log('warning', `Container images of releases that are gone stay for now: ${reason}`)
  }
}
