import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseIndex } from '../../src/update/delta/chunk-index.ts'
import { findChunks, missingBytes, withWritten } from '../../src/update/delta/chunks.ts'
import type { Extent } from '../../src/update/slot/layout.ts'
import { missingRow, type Row, row } from '../rows.ts'
import type { UpdatePeers } from './peers.ts'
import type { Build, OlderBuild, Releases } from './releases.ts'

/** The month's aims: shares of what a host downloads that has nothing. */
const aims = { patch: 0.14, chunks: 0.25 }

/** What an update from each older state downloads, by the way it goes: /usr and UKI together. */
export async function updateBytes(
  releases: Releases,
  peers: UpdatePeers | undefined,
): Promise<Row[]> {
  const { compressed } = releases.newest.deltas
  if (compressed === undefined) throw new Error('the newest release has no compressed files')
  const full = compressed.usr.sizeBytes + compressed.uki.sizeBytes
  const rows = [
    row('updates', 'Download of a host that has nothing to take a delta from', 'bytes', {
      ours: [full],
      ...(peers && { peer: [peers.casync.full] }),
    }),
  ]
  for (const { title, reason } of releases.gone) rows.push(missingRow('updates', title, reason))
  for (const build of releases.older.toReversed()) {
    const isMonth = build.title.startsWith('A month')
    const aim = (share: number) => (isMonth ? { limit: full * share } : undefined)
    const [patch, chunks] = [patchBytes(releases, build), await chunkBytes(releases, build)]
    const [casync, rauc] = [await peers?.casync.missing(build), await peers?.rauc.missing(build)]
    const their = (bytes: number | undefined) => (bytes === undefined ? {} : { peer: [bytes] })
    const title = (way: string) => `${build.title}: ${way}`
    rows.push(
      row('updates', title('patch'), 'bytes', { ours: [patch] }, aim(aims.patch)),
      row(
        'updates',
        title('chunks, beside casync'),
        'bytes',
        { ours: [chunks], ...their(casync) },
        aim(aims.chunks),
      ),
      row('updates', title('chunks, beside RAUC'), 'bytes', { ours: [chunks], ...their(rauc) }),
    )
  }
  return rows
}

function patchBytes({ newest }: Releases, { version }: OlderBuild): number {
  const patch = newest.deltas.patches?.find(({ from }) => from === version)
  if (patch === undefined) throw new Error(`there is no patch from ${version}`)
  return patch.usr.sizeBytes + patch.uki.sizeBytes
}

/** The index, and what of the pack a host lacks. */
async function chunkBytes(releases: Releases, older: OlderBuild): Promise<number> {
  const { chunks } = releases.newest.deltas
  if (chunks === undefined) throw new Error('the newest release has no chunks')
  const [usr, uki] = await Promise.all(extentsOf(releases.newest))
  const [seed, ukiSeed] = await Promise.all(extentsOf(older))
  const sizes = { usr: usr.sizeBytes, uki: uki.sizeBytes }
  const index = parseIndex(
    await readFile(releases.file(chunks.index)),
    chunks.pack.sizeBytes,
    sizes,
  )
  const found = await findChunks([...index.usr, ...index.uki], [seed, ukiSeed])
  const inSlot = withWritten(found, index.usr, usr)
  const missing = missingBytes(index.usr, found) + missingBytes(index.uki, inSlot)
  return chunks.index.sizeBytes + missing
}

function extentsOf({ directory }: Build): [usr: Promise<Extent>, uki: Promise<Extent>] {
  const extent = async (name: string) => {
    const path = join(directory, name)
    return { path, offsetBytes: 0, sizeBytes: (await stat(path)).size }
  }
  return [extent('usr.erofs'), extent('slipway.efi')]
}
