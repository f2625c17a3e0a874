import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isSlipwayError } from '../../errors/error.ts'
import { updateDeltaErrors } from '../../errors/update-delta.ts'
import { ifAbsent, namesIn } from '../../files/absence.ts'
import type { DownloadOptions } from '../metadata/target-download.ts'
import type { Artifact } from '../release.ts'

/** What gives targets and parts of them: a `ReleaseClient`. */
export type TargetSource = {
  download(artifact: Artifact, options?: DownloadOptions): AsyncGenerator<Buffer, void>
  range(artifact: Artifact, fromByte: number, toByte: number, signal?: AbortSignal): Promise<Buffer>
}

/**
 * Files of releases that lie on the disk while an update is made of them. A file has its name, its digest,
 * when it is whole; what a cut has left is gone on with.
 */
export class Downloads {
  readonly #directory: string
  readonly #source: TargetSource

  constructor(directory: string, source: TargetSource) {
    this.#directory = directory
    this.#source = source
  }

  /**
   * The path of the file, downloaded if it is not there.
   *
   * @throws SLIPWAY_UPDATE_DELTA_NOT_STORED and as `ReleaseClient.download`
   */
  async file(artifact: Artifact, signal?: AbortSignal): Promise<string> {
    const path = join(this.#directory, artifact.sha256)
    const partial = `${path}.part`
    try {
      if (await isThere(path)) return path
      await mkdir(this.#directory, { recursive: true })
      await this.#fetch(artifact, partial, signal)
      await rename(partial, path)
      return path
    } catch (error) {
      if (isSlipwayError(error, 'SLIPWAY_UPDATE_TARGET_DAMAGED')) await rm(partial, { force: true })
      if (!(error instanceof Error) || !('syscall' in error) || !('path' in error || isFull(error)))
        throw error
      const details = { directory: this.#directory, reason: error.message }
      throw updateDeltaErrors.error('SLIPWAY_UPDATE_DELTA_NOT_STORED', details, error)
    }
  }

  /** Takes away every file but these: those of other releases, or all. */
  async keepOnly(artifacts: readonly Artifact[]): Promise<void> {
    const kept = new Set(artifacts.flatMap(({ sha256 }) => [sha256, `${sha256}.part`]))
    const names = await namesIn(this.#directory)
    for (const name of names)
      if (/^[0-9a-f]{64}(?:\.part)?$/.test(name) && !kept.has(name))
        await rm(join(this.#directory, name), { force: true })
  }

  async #fetch(artifact: Artifact, partial: string, signal: AbortSignal | undefined) {
    await using file = await open(partial, 'a')
    const { size } = await file.stat()
    const options = { signal, ...(size > 0 && { present: createReadStream(partial) }) }
    let unsynced = 0
    for await (const piece of this.#source.download(artifact, options)) {
      await file.writeFile(piece)
      unsynced += piece.length
      if (unsynced < SYNC_BYTES) continue
      await file.datasync()
      unsynced = 0
    }
    await file.datasync()
  }
}

/** So many bytes wait at most for the disk. */
const SYNC_BYTES = 4 << 20

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(ifAbsent)) !== undefined
}

function isFull(error: Error & { readonly code?: unknown }): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'].includes(String(error.code))
}
