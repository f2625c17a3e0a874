import { constants } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifAbsent, namesIn, readIfThere } from '../../files/absence.ts'
import { describeError, type Log } from '../../journal/log.ts'
import type { Security } from '../containers/spec.ts'
import { loadedProfiles } from './loaded-profiles.ts'
import { defaultProfile, profileOf, unconfined } from './profile-of.ts'

/** Where the kernel and the image have what belongs to AppArmor. Tests give places of their own. */
export type AppArmorPlaces = {
  /** `Y` where the kernel uses AppArmor. */
  readonly enabledFile: string
  /** Its directory in securityfs. */
  readonly kernel: string
  /** The compiled profile of containers. */
  readonly policyFile: string
  /** Compiled profiles that the host's config brings, if any. */
  readonly ownDirectory: string
}

export const hostPlaces: AppArmorPlaces = {
  enabledFile: '/sys/module/apparmor/parameters/enabled',
  kernel: '/sys/kernel/security/apparmor',
  policyFile: '/usr/lib/slipway/apparmor/docker-default',
  ownDirectory: '/etc/slipway/apparmor',
}

/** AppArmor as containers have it: a profile each, where the kernel uses it. */
export class AppArmor {
  /** False where the kernel does not use it, and on a machine whose image brings no profile. */
  readonly enabled: boolean
  readonly #places: AppArmorPlaces

  private constructor(places: AppArmorPlaces, enabled: boolean) {
    this.#places = places
    this.enabled = enabled
  }

  /**
   * Loads the profile of containers, and the host's own after it, over what an earlier supervisor loaded. What cannot
   * be loaded is told: containers that need it do not start.
   */
  static async open(log: Log, places: AppArmorPlaces = hostPlaces): Promise<AppArmor> {
    const lacking = await whatLacks(places)
    if (lacking !== undefined) {
      log.info(`${lacking}: containers run without AppArmor`)
      return new AppArmor(places, false)
    }
    const apparmor = new AppArmor(places, true)
    const { policyFile, ownDirectory } = places
    const own = (await namesIn(ownDirectory)).sort().map((name) => `${ownDirectory}/${name}`)
    for (const file of [policyFile, ...own])
      await apparmor.#load(file).catch((error: unknown) => log.error(describeError(error)))
    return apparmor
  }

  /**
   * The profile that a process of a container is started under; undefined is none. Throws
   * SLIPWAY_SUPERVISOR_APPARMOR_UNUSED, SLIPWAY_SUPERVISOR_APPARMOR_PROFILE_UNKNOWN,
   * SLIPWAY_SUPERVISOR_APPARMOR_NOT_LOADED.
   */
  async profileFor(security: Security | undefined): Promise<string | undefined> {
    const asked = security?.apparmor
    if (!this.enabled && (asked ?? unconfined) !== unconfined)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_APPARMOR_UNUSED', { profile: asked ?? '' })
    const profile = profileOf(security)
    if (!this.enabled || profile === unconfined) return undefined
    if (await this.#isLoaded(profile)) return profile
    if (profile !== defaultProfile)
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_APPARMOR_PROFILE_UNKNOWN', { profile })
    // Somebody with an AppArmor of his own took it away.
    await this.#load(this.#places.policyFile)
    return profile
  }

  async #isLoaded(profile: string): Promise<boolean> {
    return loadedProfiles(await readFile(`${this.#places.kernel}/profiles`, 'utf8')).has(profile)
  }

  async #load(file: string): Promise<void> {
    try {
      const policy = await readFile(file)
      const replace = await open(`${this.#places.kernel}/.replace`, constants.O_WRONLY)
      try {
        // The kernel takes what one write brings for the whole of it.
        await replace.write(policy)
      } finally {
        await replace.close()
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const details = { file, reason }
      throw supervisorErrors.error('SLIPWAY_SUPERVISOR_APPARMOR_NOT_LOADED', details, error)
    }
  }
}

/** Why containers can have no profile here. A kernel may have AppArmor and not use it (`apparmor=0`). */
async function whatLacks(places: AppArmorPlaces): Promise<string | undefined> {
  const { enabledFile, kernel, policyFile } = places
  const enabled = await readIfThere(enabledFile)
  if (enabled?.startsWith('Y') !== true) return 'the kernel does not use AppArmor'
  for (const path of [policyFile, kernel])
    if ((await stat(path).catch(ifAbsent)) === undefined) return `${path} is not there`
  return undefined
}
