import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ignitionErrors } from '../../errors/ignition.ts'
import { reasonOf } from '../sources/failure.ts'
import { type DriveContent, type DriveRequest, readFromDevice } from './drive.ts'

export type CdromPlaces = { readonly blocks: string; readonly devices: string }

const hostPlaces: CdromPlaces = { blocks: '/sys/class/block', devices: '/dev' }
const pollMs = 1000
const waitMs = 5 * 60_000

/**
 * Reads from the first CD with the mark; other disks do not count, since a user may attach them.
 * Throws SLIPWAY_IGNITION_SOURCE_UNREADABLE when none comes within five minutes.
 */
export async function readFromCdrom(
  request: Omit<DriveRequest, 'devices'>,
  places = hostPlaces,
): Promise<DriveContent> {
  const { log, signal } = request
  const seen = new Set<string>()
  const deadline = performance.now() + waitMs
  while (performance.now() < deadline) {
    for (const name of loadedDrives(places.blocks)) {
      if (seen.has(name)) continue
      seen.add(name)
      const device = `${places.devices}/${name}`
      try {
        const content = await readFromDevice({ ...request, devices: [device] })
        if (content !== undefined) return content
        log.info(`${device} is another CD`)
      } catch (error) {
        signal?.throwIfAborted()
        log.info(`${device}: ${reasonOf(error)}`)
      }
    }
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal })
  }
  const details = { path: 'the CD', reason: `none came within ${waitMs / 60_000} minutes` }
  throw ignitionErrors.error('SLIPWAY_IGNITION_SOURCE_UNREADABLE', details)
}

/** Drives for CDs that have one in: an empty one has no size. */
function loadedDrives(blocks: string): string[] {
  return readdirSync(blocks)
    .filter((name) => /^sr\d+$/.test(name))
    .filter((name) => Number(readFileSync(`${blocks}/${name}/size`, 'utf8')) > 0)
    .sort()
}
