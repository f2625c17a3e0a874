import type { DiskFormat } from '../image/definition.ts'
import { type ConvertedDisks, convertedFormats, diskFormats } from './disk-formats/index.ts'
import type { Result } from './stage.ts'

/** A file that a build hands out: the result that it is part of, and its name there. */
export type BuildArtifact = { readonly result: Result; readonly output: string }

type Built = {
  readonly formats: readonly DiskFormat[]
  readonly usr: Result<'image' | 'hashTree'>
  readonly uki: Result<'uki'>
  readonly disk: Result<'raw' | 'bootLoader'>
  readonly converted: ConvertedDisks
}

/** What a build hands out besides its manifest, by the names under which it is published. */
export function artifactsOf(built: Built): Readonly<Record<string, BuildArtifact>> {
  const { formats, usr, uki, disk, converted } = built
  return {
    ...(formats.includes('raw') && { 'slipway.raw': { result: disk, output: 'raw' } }),
    ...Object.fromEntries(
      convertedFormats.flatMap((format) => {
        const result = converted[format]
        return result ? [[diskFormats[format].publishedAs, { result, output: 'image' }]] : []
      }),
    ),
    'usr.erofs': { result: usr, output: 'image' },
    'usr.verity': { result: usr, output: 'hashTree' },
    'slipway.efi': { result: uki, output: 'uki' },
    'systemd-bootx64.efi': { result: disk, output: 'bootLoader' },
  }
}

/** Where it lies in the store. */
export function artifactFile({ result, output }: BuildArtifact): string {
  const file = result.files[output]
  if (file === undefined) throw new Error(`the stage ${result.stage} has no output ${output}`)
  return file
}
