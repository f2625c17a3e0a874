import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostErrors } from '../errors/host.ts'

/** systemd-repart in the initrd looks for it, and removes it when the reset is done (systemd-repart(8)). */
export const resetVariable = 'FactoryReset-8cf2644b-4b0b-428f-9387-6d876050dc67'

/** NON_VOLATILE, BOOTSERVICE_ACCESS, RUNTIME_ACCESS: UEFI specification, 8.2. */
const attributes = Buffer.from([0x07, 0, 0, 0])

/**
 * Has the next boot take the root file system away and make a new one, which is then provisioned as on the first
 * boot. Releases are in the slots, and stay. `efiVariables` is where efivarfs is mounted. Throws
 * SLIPWAY_HOST_RESET_NOT_REQUESTED when the machine has no EFI variables, or takes none.
 */
export async function requestFactoryReset(
  efiVariables = '/sys/firmware/efi/efivars',
): Promise<void> {
  const fail = (reason: string, cause?: unknown) =>
    hostErrors.error('SLIPWAY_HOST_RESET_NOT_REQUESTED', { reason }, cause)
  const names = await readdir(efiVariables).catch(() => [])
  // Without efivarfs the folder is empty: what is written there is gone at the reboot.
  if (names.length === 0) throw fail('this machine has no EFI variables')
  try {
    // efivarfs takes attributes and value in one write.
    await writeFile(
      join(efiVariables, resetVariable),
      Buffer.concat([attributes, Buffer.from('yes\0', 'utf16le')]),
    )
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause), cause)
  }
}
