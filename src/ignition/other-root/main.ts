import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostTpm } from '../../clevis/tpm/host-tpm.ts'
import { SlipwayError } from '../../errors/error.ts'
import { askTang } from '../disks/tang-servers.ts'
import { loaderPartition } from '../kernel-arguments/machine.ts'
import { openLog } from '../log.ts'
import { sparingLog } from '../open-volume/sparing-log.ts'
import { lstatIfExists, TargetRoot } from '../root/target-root.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { ensureFormat } from '../stages/mount.ts'
import { openLayers } from './open.ts'
import { readPointer } from './pointer.ts'
import { espUnits, mountEnvironment } from './tell.ts'

/**
 * Run in the initrd, within the root of the boot disk: opens what the host's root is on, and tells the units that mount
 * it, and the host, what they need. Gives the exit status.
 */
export async function openRoot(): Promise<number> {
  const log = openLog(false)
  try {
    const pointer = readPointer(new TargetRoot('/'))
    const fetcher = new Fetcher({ log: sparingLog((line) => log.info(line)), platform: 'none' })
    const holders = { ask: askTang(fetcher), openTpm: hostTpm() }
    const device = await openLayers(pointer, { log, holders })
    await ensureFormat(pointer.format)
    mkdirSync('/run/slipway', { recursive: true })
    writeFileSync('/run/slipway/root.env', mountEnvironment(device, pointer))
    writeUnits('/run/systemd/system', loaderPartition())
    return 0
  } catch (error) {
    log.error(error instanceof Error ? error.message : String(error))
    if (error instanceof SlipwayError && error.next !== undefined) log.error(error.next)
    return 1
  }
}

/** systemd looks for the ESP on the disk that root is on, which another root need not be. */
function writeUnits(directory: string, esp: string | undefined): void {
  if (esp === undefined) return
  const wants = join(directory, 'local-fs.target.wants')
  mkdirSync(wants, { recursive: true })
  for (const [name, text] of Object.entries(espUnits(esp)))
    writeFileSync(join(directory, name), text)
  const link = join(wants, 'boot.automount')
  if (lstatIfExists(link) === undefined) symlinkSync('../boot.automount', link)
}
