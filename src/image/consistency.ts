import type { FieldPath } from '../checked-yaml/problem.ts'
import { pinnedReference } from '../supervisor/release-images/image-set.ts'
import type { ImageContent } from './definition.ts'

export type Inconsistency = { readonly path: FieldPath; readonly message: string }

/** Highest levels that mkfs.erofs takes. */
const highestLevel = { zstd: 22, lz4hc: 12, none: 22 } as const

/** What no single field shows: values that are right alone and wrong together. */
export function inconsistencies(content: ImageContent): Inconsistency[] {
  const found: Inconsistency[] = []
  const { compression, compressionLevel, clusterSizeKiB } = content.usr
  const highest = highestLevel[compression]
  if (compressionLevel > highest)
    found.push({
      path: ['usr', 'compressionLevel'],
      message: `expected at most ${highest} for ${compression}, found ${compressionLevel}`,
    })
  if (clusterSizeKiB % 4 !== 0)
    found.push({
      path: ['usr', 'clusterSizeKiB'],
      message: `expected a multiple of 4, which is erofs's block size in KiB, found ${clusterSizeKiB}`,
    })
  if (content.formats.length === 0)
    found.push({ path: ['formats'], message: 'expected at least one format, found none' })
  if (content.packages.length === 0)
    found.push({ path: ['packages'], message: 'expected at least one package, found none' })
  if (content.provisioning.tpm2 && !content.provisioning.luks)
    found.push({
      path: ['provisioning', 'tpm2'],
      message: 'expected luks: true beside it, for the TPM opens encrypted volumes',
    })
  for (const [name, reference] of Object.entries(content.containerImages))
    try {
      pinnedReference(reference)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      found.push({ path: ['containerImages', name], message: error.message })
    }
  return found
}
