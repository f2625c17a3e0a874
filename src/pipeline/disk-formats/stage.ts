import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DiskFormat } from '../../image/definition.ts'
import { runInSandbox } from '../sandbox.ts'
import type { Result, Stage, Work } from '../stage.ts'

/** `seed` is the image's, from which identifiers of the format are derived. */
export type FormatInputs = {
  tools: Result<'trees', null>
  disk: Result<'raw'>
  seed: string
  /** Seconds since 1970, for formats that tell when they were made. */
  epoch: number
}

export type DiskFormatStage = Stage<FormatInputs, 'image', { sizeBytes: number }>

/** What a conversion works with. */
export type Conversion = Pick<FormatInputs, 'seed' | 'epoch'> & {
  readonly raw: string
  /** The path to write. */
  readonly target: string
  readonly work: Work
  /** Runs the tools tree's qemu-img. */
  readonly qemuImg: (parameters: readonly string[]) => Promise<unknown>
}

/** The stage that makes one format of the raw disk, the same bytes of the same inputs. */
export function diskFormatStage(of: {
  readonly format: DiskFormat
  readonly title: string
  readonly source: string
  readonly convert: (conversion: Conversion) => Promise<unknown>
}): DiskFormatStage {
  return {
    name: of.format,
    title: of.title,
    source: of.source,
    files: { image: 'disk' },
    // Some are gigabytes of holes.
    digestOf: 'inputs',
    run: async ({ tools, disk, seed, epoch }, work) => {
      const target = join(work.directory, 'disk')
      const sandbox = {
        writable: [work.directory, work.scratch],
        readable: [disk.directory],
        signal: work.signal,
        doing: `writing the disk as ${of.format}`,
      }
      const qemuImg = (parameters: readonly string[]) =>
        runInSandbox(tools.files.trees, sandbox, 'qemu-img', parameters)
      await of.convert({ raw: disk.files.raw, target, work, qemuImg, seed, epoch })
      return { sizeBytes: (await stat(target)).size }
    },
  }
}
