import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAbsence } from '../../files/absence.ts'

/**
 * Takes away the bonds that `bond=` on the kernel's command line made for the initrd's network, and the VLANs on them.
 * networkd takes a bond that is there as it is: on the host it would not have the mode that the config gives it.
 * @returns their names; none where the module is not loaded
 */
export function removeBonds(links = '/sys/class/net'): string[] {
  const file = join(links, 'bonding_masters')
  const names = bondsIn(file)
  // The kernel takes one at a time, and drops its VLANs with it.
  for (const name of names) writeFileSync(file, `-${name}\n`, { flag: 'r+' })
  return names
}

function bondsIn(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean)
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}
