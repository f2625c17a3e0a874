import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { releaseErrors } from '../../errors/release.ts'
import { readHashTree } from '../../update/delta/hash-tree.ts'
import { releaseTarget, storedTarget } from '../../update/metadata/target-paths.ts'
import type { Artifact, Deltas, Patch, ReleaseDescription } from '../../update/release.ts'
import type { BuildOutput } from '../build-output.ts'
import type { Placement } from '../place.ts'
import { compressForTransport } from './compress.ts'
import { packChunks } from './pack.ts'
import { makePatch } from './patch.ts'

type Request = {
  readonly build: BuildOutput
  /** Releases that patches are made from. */
  readonly earlier: readonly ReleaseDescription[]
  readonly repository: string
  readonly placement: Placement
  readonly signal: AbortSignal
}

export type MadeDeltas = {
  readonly deltas: Deltas
  readonly files: readonly (Artifact & { readonly path: string })[]
}

/**
 * Makes what spares hosts a part of the download: the files compressed, chunks of them, and patches from
 * earlier releases. Takes some four times the size of the images in memory, and minutes.
 *
 * @throws SLIPWAY_RELEASE_REPOSITORY_DAMAGED
 */
export async function makeDeltas(request: Request): Promise<MadeDeltas> {
  const { build, earlier, repository, placement, signal } = request
  const files: (Artifact & { path: string })[] = []
  const add = async (name: string, bytes: Buffer): Promise<Artifact> => {
    signal.throwIfAborted()
    const path = placement.scratch(name)
    await writeFile(path, bytes)
    const target = releaseTarget(build.image, build.version, name)
    const artifact = { target, sizeBytes: bytes.length, sha256: sha256(bytes) }
    files.push({ ...artifact, path })
    return artifact
  }
  const [usr, uki] = [await readFile(build.files.usr.path), await readFile(build.files.uki.path)]
  const compressed = {
    usr: await add('usr.erofs.zst', await compressForTransport(usr)),
    uki: await add('slipway.efi.zst', await compressForTransport(uki)),
  }
  const { index, pack } = await packChunks({ usr, uki })
  const chunks = { index: await add('chunks.index', index), pack: await add('chunks.pack', pack) }
  const patches: Patch[] = []
  for (const release of earlier) {
    const { version: from, rootHash } = release
    const patch = async (name: string, artifact: Artifact, target: Buffer) => {
      signal.throwIfAborted()
      const seed = await storedBytes(repository, artifact)
      return await add(`${name}.from-${from}.patch`, await makePatch(seed, target))
    }
    patches.push({
      from,
      rootHash,
      usr: await patch('usr.erofs', release.usr, usr),
      uki: await patch('slipway.efi', release.uki, uki),
    })
  }
  const hashTree = readHashTree(await readFile(build.files.verity.path))
  const deltas = {
    compressed,
    ...(patches.length > 0 && { patches }),
    chunks,
    ...(hashTree && { hashTree }),
  }
  return { deltas, files }
}

async function storedBytes(repository: string, artifact: Artifact): Promise<Buffer> {
  const file = join(repository, 'targets', storedTarget(artifact.target, artifact.sha256))
  const damaged = (reason: string, cause?: unknown) =>
    releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_DAMAGED', { file, reason }, cause)
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error)
  }
  if (sha256(bytes) !== artifact.sha256) throw damaged('its SHA-256 is another one')
  return bytes
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
