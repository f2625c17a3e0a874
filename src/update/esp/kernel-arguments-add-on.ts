import { mkdir, open, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { withSection } from './add-section.ts'
import type { Esp } from './entries.ts'
import { changing, isSystemError } from './failure.ts'
import { NotPe, peSection } from './pe.ts'
import { replaceOnEsp } from './replace.ts'
import { syncFolder } from './sync.ts'

/** Add-ons in this folder belong to every UKI that is started from the ESP (systemd-stub(7)). */
const path = 'loader/addons/slipway-kargs.addon.efi'

/** The stub of add-ons, which firmware takes for a program; systemd-stub only reads its sections. */
export const addOnStub = '/usr/lib/systemd/boot/efi/addonx64.efi.stub'

/** The command line in the host's own add-on; empty when there is none that can be read. */
export async function readAddOn(esp: Esp): Promise<string> {
  try {
    const file = await readFile(join(esp.directory, path))
    const read = async (position: number, length: number) =>
      file.subarray(position, position + length)
    return (await peSection(read, '.cmdline'))?.toString('utf8').replace(/\0.*$/s, '') ?? ''
  } catch (error) {
    if (error instanceof NotPe || (isSystemError(error) && error.code === 'ENOENT')) return ''
    throw error
  }
}

/**
 * Has every later boot from this ESP append a command line to that of its UKI. Throws
 * SLIPWAY_UPDATE_ESP_NOT_WRITTEN, SLIPWAY_UPDATE_ESP_READ_BACK.
 */
export async function writeAddOn(esp: Esp, stub: Buffer, commandLine: string): Promise<void> {
  const file = join(esp.directory, path)
  const addOn = withSection(stub, '.cmdline', Buffer.from(`${commandLine}\0`))
  await changing(file, async () => {
    for (const folder of [dirname(dirname(file)), dirname(file)])
      if ((await mkdir(folder, { recursive: true })) !== undefined)
        await syncFolder(dirname(folder))
  })
  await replaceOnEsp(esp, file, addOn)
}

/** Takes the host's own add-on away for good; nothing happens when there is none. */
export async function removeAddOn(esp: Esp): Promise<void> {
  const file = join(esp.directory, path)
  try {
    // Held open until the name is gone from the disk, so that its clusters are not free before.
    await using _open = await open(file, 'r')
    await changing(file, async () => {
      await unlink(file)
      await syncFolder(dirname(file))
    })
  } catch (error) {
    if (!(isSystemError(error) && error.code === 'ENOENT')) throw error
  }
}
