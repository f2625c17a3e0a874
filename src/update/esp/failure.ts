import { updateSlotErrors } from '../../errors/update-slot.ts'

/**
 * Runs what changes a file of the ESP; a system's error becomes SLIPWAY_UPDATE_ESP_NOT_WRITTEN with its
 * path.
 */
export async function changing<T>(file: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (cause) {
    if (!isSystemError(cause)) throw cause
    const details = { file, reason: cause.message }
    throw updateSlotErrors.error('SLIPWAY_UPDATE_ESP_NOT_WRITTEN', details, cause)
  }
}

/** Whether the kernel refused something, as opposed to our own errors and those of a content's source. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
