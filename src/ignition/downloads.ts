import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SlipwayError } from '../errors/error.ts'
import { ignitionErrors } from '../errors/ignition.ts'
import type { ParsedConfig, Path, Resource } from '../ignition-schema/index.ts'
import { isRemote } from './assembly/needs-network.ts'
import { downloadsPath } from './paths.ts'
import { placed } from './placed-error.ts'
import type { TargetRoot } from './root/target-root.ts'
import { NetworkNeededError, reasonOf } from './sources/failure.ts'
import type { Fetcher } from './sources/fetcher.ts'
import { fetchFile } from './sources/resource.ts'
import { sourceName } from './sources/source-url.ts'
import type { FileStep, Step } from './steps/step.ts'

/** Where the bytes of remote resources are, decompressed and verified. */
export type Downloads = ReadonlyMap<Resource, string>

/**
 * Fetches what files of the config are made of into a directory of the target root, before any of
 * them is made: a config of which something cannot be had leaves the host as it was. Throws
 * PlacedError.
 */
export async function download(
  steps: readonly Step[],
  parsed: ParsedConfig,
  root: TargetRoot,
  fetcher: Fetcher,
): Promise<Downloads> {
  const wanted = steps
    .filter((step) => step.kind === 'file')
    .flatMap(resourcesOf)
    .filter(([resource]) => isRemote(resource))
  const downloads = new Map<Resource, string>()
  if (wanted.length === 0) return downloads
  removeDownloads(root)
  const directory = root.resolve(downloadsPath)
  root.makeParents(directory, () => undefined)
  mkdirSync(directory, { mode: 0o700 })
  for (const [index, [resource, at]] of wanted.entries()) {
    const path = join(directory, String(index))
    await placed(parsed, [...at, 'source'], () => fetchTo(path, resource, fetcher))
    downloads.set(resource, path)
  }
  return downloads
}

export function removeDownloads(root: TargetRoot): void {
  rmSync(root.resolve(downloadsPath), { recursive: true, force: true })
}

/** The resources of a file, each with its place in the config. */
export function resourcesOf(step: FileStep): [resource: Resource, at: Path][] {
  const { contents, append, at } = step
  const appended = append.map((each, index): [Resource, Path] => [each, [...at, 'append', index]])
  return contents === undefined ? appended : [[contents, [...at, 'contents']], ...appended]
}

async function fetchTo(path: string, resource: Resource, fetcher: Fetcher): Promise<void> {
  try {
    await fetchFile(fetcher, resource, path)
  } catch (error) {
    if (error instanceof SlipwayError || error instanceof NetworkNeededError) throw error
    const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
    const reason = isFull ? 'the disk is full' : reasonOf(error)
    const details = { source: sourceName(resource.source ?? ''), reason }
    throw ignitionErrors.error('SLIPWAY_IGNITION_FETCH_FAILED', details, error)
  }
}
