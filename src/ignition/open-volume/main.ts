import { hostTpm } from '../../clevis/tpm/host-tpm.ts'
import { SlipwayError } from '../../errors/error.ts'
import { openBound } from '../disks/bound-volume.ts'
import { deviceAt, waitForDevice } from '../disks/look.ts'
import { askTang } from '../disks/tang-servers.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { sparingLog } from './sparing-log.ts'

/**
 * Opens an encrypted volume that tang servers open, or some of them with the TPM, as the host comes up: `NAME UUID`.
 * Waits for servers that are away and tells so. Gives the exit status.
 */
export async function openVolume(programArguments: readonly string[]): Promise<number> {
  const [name, uuid, ...others] = programArguments
  if (name === undefined || uuid === undefined || others.length > 0) {
    process.stderr.write('Usage: slipway-host open-volume NAME UUID\n')
    return 2
  }
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interruption.abort())
  const write = (message: string) => {
    process.stderr.write(`${name}: ${message}\n`)
  }
  const log = sparingLog(write)
  try {
    if (deviceAt(`/dev/mapper/${name}`) !== undefined) return 0
    const device = await waitForDevice(`/dev/disk/by-uuid/${uuid}`)
    const fetcher = new Fetcher({ log, platform: 'none', signal: interruption.signal })
    const holders = { ask: askTang(fetcher), openTpm: hostTpm() }
    await openBound(device, name, { holders, log })
    write('the volume is open')
    return 0
  } catch (error) {
    write(error instanceof Error ? error.message : String(error))
    if (error instanceof SlipwayError && error.next !== undefined) write(error.next)
    return 1
  }
}
