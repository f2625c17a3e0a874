import type { OpenTpm } from '../../clevis/tpm/connection.ts'
import type { Luks, ParsedConfig } from '../../ignition-schema/index.ts'
import { placed } from '../placed-error.ts'
import { sharesWithTpm } from './plan-volume.ts'
import { type Records, readUnfinished } from './records.ts'

/**
 * Makes sure that there is a TPM where volumes take one among others: before the first change of a disk, since a machine
 * without one must not cost data. Throws PlacedError.
 */
export async function requireTpm(
  volumes: readonly Luks[],
  openTpm: OpenTpm,
  { parsed, records }: { readonly parsed: ParsedConfig; readonly records: Pick<Records, 'get'> },
): Promise<void> {
  const index = volumes.findIndex(
    (luks) => sharesWithTpm(luks) && readUnfinished(records, 'luks', luks.name)?.isDone !== true,
  )
  if (index < 0) return
  await placed(parsed, ['storage', 'luks', index, 'clevis', 'tpm2'], async () => {
    await (await openTpm())[Symbol.asyncDispose]()
  })
}
