import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { compressForTransport } from '../src/release/delta/compress.ts'
import { packChunks } from '../src/release/delta/pack.ts'
import { makePatch } from '../src/release/delta/patch.ts'
import { parseIndex } from '../src/update/delta/chunk-index.ts'
import { findChunks, missingBytes, withWritten } from '../src/update/delta/chunks.ts'

/** Bytes that a host with an older build downloads, by way. */
export type UpdateBytes = {
  readonly from: string
  /** /usr and UKI under zstd. */
  readonly full: number
  readonly usrPatch: number
  readonly ukiPatch: number
  /** With the index. */
  readonly chunks: number
}

/** Measures updates from older builds to a newer one: directories that `slipway build` put out. */
export async function compareBuilds(
  older: readonly string[],
  newer: string,
): Promise<UpdateBytes[]> {
  const [usr, uki] = await Promise.all(files(newer).map((path) => readFile(path)))
  if (usr === undefined || uki === undefined) throw new Error('a build has two files')
  const full = await compressForTransport(usr)
  const fullUki = await compressForTransport(uki)
  const { index, pack } = await packChunks({ usr, uki })
  const parts = parseIndex(index, pack.length, { usr: usr.length, uki: uki.length })
  const chunks = [...parts.usr, ...parts.uki]
  const results: UpdateBytes[] = []
  for (const from of older) {
    const paths = files(from)
    const [oldUsr, oldUki] = await Promise.all(paths.map((path) => readFile(path)))
    if (oldUsr === undefined || oldUki === undefined) throw new Error('a build has two files')
    const seeds = [oldUsr, oldUki].map(({ length }, number) => ({
      path: paths[number] ?? '',
      offsetBytes: 0,
      sizeBytes: length,
    }))
    const found = await findChunks(chunks, seeds)
    const slot = { path: files(newer)[0] ?? '', offsetBytes: 0, sizeBytes: usr.length }
    const inSlot = withWritten(found, parts.usr, slot)
    results.push({
      from: basename(from),
      full: full.length + fullUki.length,
      usrPatch: (await makePatch(oldUsr, usr)).length,
      ukiPatch: (await makePatch(oldUki, uki)).length,
      chunks: index.length + missingBytes(parts.usr, found) + missingBytes(parts.uki, inSlot),
    })
  }
  return results
}

/** A table for people: one line for each older build. */
export function comparisonTable(results: readonly UpdateBytes[]): string {
  const cells = (values: readonly (string | number)[]) =>
    values
      .map((value, column) =>
        column === 0 ? String(value).padEnd(24) : String(value).padStart(12),
      )
      .join('')
  return [
    cells(['bytes, updates from', 'full', 'patch /usr', 'patch UKI', 'chunks']),
    ...results.map(({ from, full, usrPatch, ukiPatch, chunks }) =>
      cells([from, full, usrPatch, ukiPatch, chunks]),
    ),
    '',
  ].join('\n')
}

function files(build: string): string[] {
  return ['usr.erofs', 'slipway.efi'].map((name) => join(build, name))
}
