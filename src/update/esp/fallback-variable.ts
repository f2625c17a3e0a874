import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import { ifAbsent, namesIn } from '../../files/absence.ts'

/** By it a boot knows that another good entry exists: should it fail, it may reboot by itself. */
export const fallbackVariable = 'SlipwayFallback-8c0c6d0e-5d8b-4d3c-9a44-6f9e63a4f3b1'

/** NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS: UEFI specification, 8.2. */
const attributes = Buffer.from([0x07, 0, 0, 0])

/** Always the same, so that the firmware's memory is written once in a machine's life. */
const content = Buffer.concat([attributes, Buffer.from([1])])

/**
 * Sets the variable; does nothing when it is set. `efiVariables` is where efivarfs is mounted. Gives `absent` when the
 * machine has no EFI variables. Throws SLIPWAY_UPDATE_FALLBACK_UNANNOUNCED when the firmware refuses.
 */
export async function announceFallback(
  efiVariables = '/sys/firmware/efi/efivars',
): Promise<'set' | 'was-set' | 'absent'> {
  const file = join(efiVariables, fallbackVariable)
  try {
    if (!(await hasVariables(efiVariables))) return 'absent'
    if ((await contentIfThere(file))?.equals(content)) return 'was-set'
    // efivarfs takes attributes and value in one write.
    await writeFile(file, content, { mode: 0o644 })
    return 'set'
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw updateAgentErrors.error('SLIPWAY_UPDATE_FALLBACK_UNANNOUNCED', { reason }, cause)
  }
}

/** Without efivarfs the folder is empty, or not there. */
async function hasVariables(folder: string): Promise<boolean> {
  return (await namesIn(folder)).length > 0
}

async function contentIfThere(file: string): Promise<Buffer | undefined> {
  return await readFile(file).catch(ifAbsent)
}
