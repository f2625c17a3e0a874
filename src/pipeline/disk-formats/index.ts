import type { DiskFormat } from '../../image/definition.ts'
import type { Result } from '../stage.ts'
import { compressedQcow2Stage } from './compressed-qcow2.ts'
import { gcpArchiveStage } from './gcp-archive.ts'
import { qcow2Stage } from './qcow2.ts'
import type { DiskFormatStage } from './stage.ts'
import { vhdStage } from './vhd.ts'
import { vmdkStage } from './vmdk.ts'

/** Formats that are made of the raw disk. */
export type ConvertedFormat = Exclude<DiskFormat, 'raw'>

/** How each is made, and under which name it is published. */
export const diskFormats: Readonly<
  Record<ConvertedFormat, { readonly stage: DiskFormatStage; readonly publishedAs: string }>
> = {
  qcow2: { stage: qcow2Stage, publishedAs: 'slipway.qcow2' },
  'qcow2-compressed': { stage: compressedQcow2Stage, publishedAs: 'slipway.compressed.qcow2' },
  vhd: { stage: vhdStage, publishedAs: 'slipway.vhd' },
  vmdk: { stage: vmdkStage, publishedAs: 'slipway.vmdk' },
  gcp: { stage: gcpArchiveStage, publishedAs: 'slipway.gcp.tar.gz' },
}

/** Those that a build has made. */
export type ConvertedDisks = Readonly<Partial<Record<ConvertedFormat, Result<'image'>>>>

export const convertedFormats = Object.keys(diskFormats) as ConvertedFormat[]
