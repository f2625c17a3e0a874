import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import type { Reasons } from '../image/definition.ts'
import type { ImageFile, PackageFile } from './contents.ts'
import { compare } from './manifest.ts'

/** What the build knows about a file besides what the tree shows. */
export type FileKnowledge = {
  /** The package that brought the file at this absolute path. */
  packageOf(file: string): string | undefined
  /** What a file belongs to that no package brought. */
  originOf(file: string): string | undefined
  /** The image's allow-list of executables. */
  readonly executables: Reasons
}

/**
 * Lists a finished tree. File capabilities are not looked for: they live in extended attributes, which
 * neither a .deb's archive nor an unpacked tree carries.
 *
 * @param tree the folder that becomes the host's root, or the part of it that lies at `mountPoint`
 * @param mountPoint where the folder will be on the host: '/' or '/usr'
 */
export async function gatherFiles(
  tree: string,
  mountPoint: string,
  knowledge: FileKnowledge,
): Promise<ImageFile[]> {
  const files: ImageFile[] = []
  // Not readdir's own recursion, which may follow a link out of the tree.
  const folders = [tree]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const source = path.join(folder, entry.name)
      if (entry.isDirectory()) folders.push(source)
      const file = path.join(mountPoint, path.relative(tree, source))
      files.push(await describe(source, file, knowledge))
    }
  return files.toSorted((a, b) => compare(a.path, b.path))
}

/**
 * The packages of which a file stays, with their copyright texts.
 *
 * @param trees a folder with one folder per package, named after it, into which it was unpacked whole
 */
export async function gatherPackages(
  packages: readonly Omit<PackageFile, 'copyright'>[],
  trees: string,
  files: readonly ImageFile[],
): Promise<PackageFile[]> {
  const staying = new Set(files.filter(({ type }) => type !== 'directory').map((f) => f.package))
  return await Promise.all(
    packages
      .filter(({ name }) => staying.has(name))
      .map(async (entry) => {
        const copyright = await readCopyright(trees, entry.name)
        return copyright === undefined ? entry : { ...entry, copyright }
      }),
  )
}

/** The reason on the allow-list, by path or by name. */
export function reasonOf(file: string, executables: Reasons): string | undefined {
  for (const key of [file, path.posix.basename(file)])
    if (Object.hasOwn(executables, key)) return executables[key]
  return undefined
}

async function describe(
  source: string,
  file: string,
  knowledge: FileKnowledge,
): Promise<ImageFile> {
  const status = await lstat(source)
  const type = status.isDirectory() ? 'directory' : status.isSymbolicLink() ? 'link' : 'file'
  const owner = knowledge.packageOf(file)
  const origin = owner === undefined ? knowledge.originOf(file) : undefined
  const reason = type === 'file' ? reasonOf(file, knowledge.executables) : undefined
  return {
    path: file,
    type,
    mode: status.mode & 0o7777,
    sizeBytes: type === 'file' ? status.size : 0,
    ...(owner === undefined ? {} : { package: owner }),
    ...(origin === undefined ? {} : { origin }),
    ...(reason === undefined ? {} : { reason }),
  }
}

/**
 * A package may share the documentation of another of the same source: its folder is then a link to the
 * other's (Debian policy 12.5), which lies in another package's tree.
 */
async function readCopyright(trees: string, name: string, links = 0): Promise<string | undefined> {
  const folder = path.join(trees, name, 'usr/share/doc', name)
  const target = await unlessAbsent(readlink(folder), ['ENOENT', 'EINVAL'])
  if (target === undefined)
    return await unlessAbsent(readFile(path.join(folder, 'copyright'), 'utf8'), ['ENOENT'])
  const other = path.posix.basename(target)
  if (links >= 4 || !/^[a-z0-9][a-z0-9+.-]+$/.test(other)) return undefined
  return await readCopyright(trees, other, links + 1)
}

async function unlessAbsent<T>(
  value: Promise<T>,
  absence: readonly string[],
): Promise<T | undefined> {
  try {
    return await value
  } catch (error) {
    if (error instanceof Error && 'code' in error && absence.includes(String(error.code)))
      return undefined
    throw error
  }
}
