import { join } from 'node:path'
import type { ProvidedConfig } from '../providers/provider.ts'
import type { ConfigPlaces } from './places.ts'
import { namesIfThere, readIfThere } from './read.ts'

/** The name of the credential: `io.systemd.credential:ignition.config=…`. */
const credential = 'ignition.config'

/**
 * A config that systemd got as a credential (systemd.exec(5), "Credentials"), or that the firmware
 * has as an OEM string for it (smbios-type-11(7)); undefined when there is none.
 */
export function credentialConfig(places: ConfigPlaces): ProvidedConfig | undefined {
  for (const directory of places.credentialDirectories) {
    const data = readIfThere(join(directory, credential))
    if (data !== undefined) return { source: `credential ${credential}`, data }
  }
  return oemStrings(places.firmwareTables)
    .map(asConfig)
    .find((config) => config !== undefined)
}

function asConfig(text: Buffer): ProvidedConfig | undefined {
  const plain = `io.systemd.credential:${credential}=`
  const binary = `io.systemd.credential.binary:${credential}=`
  const source = `SMBIOS OEM string ${credential}`
  const start = text.toString('latin1')
  if (start.startsWith(plain)) return { source, data: text.subarray(plain.length) }
  if (!start.startsWith(binary)) return undefined
  return { source, data: Buffer.from(start.slice(binary.length), 'base64') }
}

/**
 * The strings of all tables of type 11, which follow the formatted part, each with a NUL at its end
 * (SMBIOS specification, 6.1.3).
 */
function oemStrings(entries: string): Buffer[] {
  return tables(entries).flatMap((table) => {
    const text = table.subarray(table[1])
    const strings: Buffer[] = []
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf(0, start)
      if (end <= start) break
      strings.push(text.subarray(start, end))
      start = end + 1
    }
    return strings
  })
}

function tables(entries: string): Buffer[] {
  // Machines without such firmware have no directory.
  const names = namesIfThere(entries).filter((name) => name.startsWith('11-'))
  return names
    .map((name) => readIfThere(join(entries, name, 'raw')))
    .filter((table) => table !== undefined)
}
