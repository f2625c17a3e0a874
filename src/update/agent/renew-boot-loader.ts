import { readFile } from 'node:fs/promises'
import { updateSlotErrors } from '../../errors/update-slot.ts'
import { updateBootLoader } from '../esp/boot-loader.ts'
import { compareVersions } from '../version.ts'
import { logError } from './log-error.ts'
import type { Session } from './session.ts'

/**
 * Brings the boot loader up to that of the running release, once it was found good: a boot loader that does not work
 * stops both releases, so a new one comes alone. What fails is told to the journal; the next turn tries again.
 */
export async function renewBootLoader({ host, facts }: Session): Promise<void> {
  if (facts.onTrial) return
  try {
    const loader = await readFile(host.paths.bootLoader).catch((cause: unknown) => {
      const reason = `${host.paths.bootLoader} cannot be read`
      throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_NO_BOOT_LOADER', { reason }, cause)
    })
    const { esp } = await host.discover()
    for (const { path, outcome, before = 'none' } of await updateBootLoader({
      esp,
      loader,
      compareVersions,
    }))
      if (outcome === 'replaced')
        host.log('notice', `${path} was brought up to date; it was ${before}`)
  } catch (error) {
    logError(host.log, error, 'warning')
  }
}
