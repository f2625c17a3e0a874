import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { syncDirectory } from '../files/atomic.ts'
import { artifactFile } from './artifacts.ts'
import { convertedFormats, diskFormats } from './disk-formats/index.ts'
import { syncFileSystem } from './durable.ts'
import type { BuiltImage } from './index.ts'
import { run } from './program.ts'
import { explainSystemError } from './system-error.ts'

/** A file that a build has handed out. */
export type PublishedFile = { readonly path: string; readonly sizeBytes: number }

const diskNames: readonly string[] = [
  'slipway.raw',
  ...convertedFormats.map((format) => diskFormats[format].publishedAs),
]

/** Names that a build may publish; those that this one does not are removed. */
const publishedNames = [
  ...diskNames,
  'usr.erofs',
  'usr.verity',
  'slipway.efi',
  'systemd-bootx64.efi',
  'sbom.cdx.json',
  'manifest.json',
]

type Outputs = Readonly<Record<string, string>>

/**
 * Puts a build's outputs into a folder. Each appears by rename, complete or not at all; the manifest goes
 * first and comes last, so that a folder with a manifest has all that it lists.
 *
 * Disk images are copies, because people boot and thereby change them. The rest are hard links where it
 * lies on one file system.
 */
export async function publishOutputs(
  built: BuiltImage,
  directory: string,
): Promise<PublishedFile[]> {
  try {
    return await publish(outputsOf(built), directory)
  } catch (error) {
    throw explainSystemError(error, directory, 'Publish the image')
  }
}

function outputsOf({ artifacts, manifest }: BuiltImage): Outputs {
  return {
    ...Object.fromEntries(
      Object.entries(artifacts).map(([name, each]) => [name, artifactFile(each)]),
    ),
    'sbom.cdx.json': manifest.files.sbom,
    'manifest.json': manifest.files.manifest,
  }
}

async function publish(outputs: Outputs, directory: string): Promise<PublishedFile[]> {
  await mkdir(directory, { recursive: true })
  await removeLeftovers(directory)
  await rm(join(directory, 'manifest.json'), { force: true })
  for (const name of publishedNames)
    if (outputs[name] === undefined) await rm(join(directory, name), { force: true })
  const published: PublishedFile[] = []
  for (const name of publishedNames) {
    const source = outputs[name]
    if (source === undefined) continue
    if (name === 'manifest.json') await syncFileSystem(directory)
    const path = join(directory, name)
    await place(source, path)
    published.push({ path, sizeBytes: (await stat(path)).size })
  }
  await syncDirectory(directory)
  return published
}

async function place(source: string, path: string): Promise<void> {
  const temporary = `${path}${TEMPORARY}${crypto.randomUUID()}`
  try {
    if (diskNames.includes(basename(path))) await copySparse(source, temporary)
    else await linkOrCopySparse(source, temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

const TEMPORARY = '.slipway-new-'

/** What a publication that was killed has left. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory))
    if (publishedNames.some((each) => name.startsWith(`${each}${TEMPORARY}`)))
      await rm(join(directory, basename(name)), { force: true })
}

async function linkOrCopySparse(source: string, target: string): Promise<void> {
  try {
    await link(source, target)
  } catch (error) {
    if (!['EXDEV', 'EMLINK', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
    await copySparse(source, target)
  }
}

async function copySparse(source: string, target: string): Promise<void> {
  await run('cp', ['--reflink=auto', '--sparse=always', source, target], {
    doing: `copying ${basename(source)}`,
  })
}
