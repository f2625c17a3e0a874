import { open } from 'node:fs/promises'
import { derivedUuid } from '../../disk/identifiers.ts'
import { diskFormatStage } from './stage.ts'

/** The compressed kind that vSphere imports, also within an OVA. */
export const vmdkStage = diskFormatStage({
  format: 'vmdk',
  title: 'Convert to VMDK',
  source: import.meta.filename,
  convert: async ({ raw, target, qemuImg, seed }) => {
    const options = 'subformat=streamOptimized,adapter_type=lsilogic'
    await qemuImg(['convert', '-f', 'raw', '-O', 'vmdk', '-o', options, '-m', '1', raw, target])
    await settleContentId(target, derivedUuid(seed, 'vmdk').slice(0, 8))
  },
})

/** How far the text that describes the disk reaches at most. */
const DESCRIPTOR_END = 64 << 10

const contentId = /^CID=[0-9a-f]{1,8}$/m

/**
 * The content identifier is chance otherwise, with as many digits as it needs. `id` is 8 hexadecimal digits: the zeros
 * that follow the text have room for them.
 */
export async function settleContentId(path: string, id: string): Promise<void> {
  await using file = await open(path, 'r+')
  const head = Buffer.alloc(DESCRIPTOR_END)
  await file.read(head, 0, head.length, 0)
  const start = head.indexOf('# Disk DescriptorFile')
  const end = head.indexOf(Buffer.alloc(8), start)
  const text = head.toString('latin1', start, end)
  if (start < 0 || end < start || !contentId.test(text))
    throw new Error('the VMDK has no content identifier')
  await file.write(text.replace(contentId, `CID=${id}`), start, 'latin1')
}
