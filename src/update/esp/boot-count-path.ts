import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ifAbsent } from '../../files/absence.ts'

/** Set by systemd-boot for this boot alone, when it counts the tries of what it started: see systemd-bless-boot(8). */
export const bootCountVariable = 'LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'

/** In efivarfs a variable's content has its attributes before it. */
const attributeBytes = 4

/**
 * The file name of the boot entry that was started with tries, as `slipway_1.2+2-1.efi`; undefined when this boot is
 * not counted, or the machine has no EFI variables. `efiVariables` is where efivarfs is mounted.
 */
export async function countedEntryFile(efiVariables: string): Promise<string | undefined> {
  const content = await readFile(join(efiVariables, bootCountVariable)).catch(ifAbsent)
  const path = content?.subarray(attributeBytes).toString('utf16le').replace(/\0.*$/s, '')
  return path?.split('\\').at(-1)
}
