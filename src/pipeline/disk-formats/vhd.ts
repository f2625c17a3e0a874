import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { derivedUuid } from '../../disk/identifiers.ts'
import { copyPadded } from './padded-disk.ts'
import { diskFormatStage } from './stage.ts'
import { FOOTER_BYTES, settledFooter } from './vhd-footer.ts'

const MIB = 1 << 20

/** A VHD of fixed size, whole MiB: the one kind that Azure takes. */
export const vhdStage = diskFormatStage({
  format: 'vhd',
  title: 'Convert to VHD',
  source: import.meta.filename,
  convert: async ({ raw, target, work, qemuImg, seed, epoch }) => {
    const padded = join(work.scratch, 'padded.raw')
    await copyPadded(raw, padded, MIB, work.signal)
    // Without force_size the size is rounded to a geometry, which is no whole MiB.
    const options = 'subformat=fixed,force_size=on'
    await qemuImg(['convert', '-f', 'raw', '-O', 'vpc', '-o', options, '-m', '1', padded, target])
    await settleFooter(target, derivedUuid(seed, 'vhd'), epoch)
  },
})

async function settleFooter(path: string, uuid: string, epoch: number): Promise<void> {
  await using file = await open(path, 'r+')
  const position = (await file.stat()).size - FOOTER_BYTES
  const footer = Buffer.alloc(FOOTER_BYTES)
  await file.read(footer, 0, FOOTER_BYTES, position)
  await file.write(settledFooter(footer, uuid, epoch), 0, FOOTER_BYTES, position)
}
