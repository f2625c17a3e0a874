import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { updatePlanErrors } from '../../errors/update-plan.ts'

/** Which program asks: a random ID, fixed for good, so that Slipway's IDs are nobody else's. */
const slipwayUpdates = 'de712cb36c7d4feb93160f54977ff647'

/**
 * The ID by which this host is known outside: the machine ID itself is to stay on the machine, see
 * machine-id(5).
 *
 * @throws SLIPWAY_UPDATE_MACHINE_ID when the host has no machine ID.
 */
export async function hostLockId(file = '/etc/machine-id'): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw updatePlanErrors.error('SLIPWAY_UPDATE_MACHINE_ID', { file }, cause)
  })
  const machineId = text.trim()
  if (!isId(machineId)) throw updatePlanErrors.error('SLIPWAY_UPDATE_MACHINE_ID', { file })
  return appSpecificMachineId(machineId, slipwayUpdates)
}

/**
 * As sd_id128_get_machine_app_specific(3): HMAC-SHA256 of the application's ID with the machine ID as its key,
 * the first half, made a UUID of version 4. All three are 32 hexadecimal digits.
 */
export function appSpecificMachineId(machineId: string, applicationId: string): string {
  for (const id of [machineId, applicationId])
    if (!isId(id)) throw new TypeError('an ID has 32 hexadecimal digits in lower case')
  const id = createHmac('sha256', Buffer.from(machineId, 'hex'))
    .update(Buffer.from(applicationId, 'hex'))
    .digest()
    .subarray(0, 16)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x40, 6)
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
  return id.toString('hex')
}

function isId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}
