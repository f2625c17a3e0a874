import { constants } from 'node:fs'
import {
  chmod,
  type FileHandle,
  lchown,
  link,
  lutimes,
  mkdir,
  open,
  symlink,
} from 'node:fs/promises'
import { posix } from 'node:path'
import { engineErrors } from '../../errors/engine.ts'
import { tarEvents } from '../images/tar-events.ts'
import type { TarHeader } from '../images/tar-header.ts'
import { entryForHost } from '../user-namespaces/archives.ts'
import type { IdMapping } from '../user-namespaces/id-mapping.ts'
import type { HeldDirectory } from './held-directory.ts'
import type { Located } from './locate.ts'
import { Places } from './places.ts'
import { removeTree } from './remove-tree.ts'
import { SingleEntryTar } from './single-entry-tar.ts'

export type ExtractOptions = {
  /** The root that no entry leaves, by whatever link. */
  readonly root: HeldDirectory
  /** Where entries go, inside the root and without links. */
  readonly directory: string
  /** Whether a directory is kept from being replaced by something else, and the other way round. */
  readonly keepKinds: boolean
  /** Who owns everything, whatever the archive says. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** What ids of the container are on the host, if they are others. */
  readonly mapping?: IdMapping | undefined
}

/** What takes the content of a file. */
type Sink = { write(piece: Buffer): Promise<void>; end(): Promise<void>; abandon(): Promise<void> }

/**
 * Writes what an archive holds to a directory of a container that may run meanwhile, and be hostile.
 * As in Docker, directories are merged and everything else is replaced. Throws
 * SLIPWAY_ENGINE_ARCHIVE_UNSAFE, SLIPWAY_ENGINE_ARCHIVE_KIND, and errors of the file system.
 */
export async function extract(
  source: AsyncIterable<Buffer>,
  options: ExtractOptions,
): Promise<void> {
  const rootId = options.mapping?.firstId ?? 0
  await using places = new Places(options.root, options.directory, rootId)
  const directories: { readonly path: string; readonly mtime: number }[] = []
  let sink: Sink | undefined
  try {
    for await (const event of tarEvents(source)) {
      if (event.kind === 'entry') {
        const wanted = { ...event.header, ...options.owner }
        const { mapping } = options
        const header = mapping === undefined ? wanted : entryForHost(wanted, mapping)
        sink = await begin(header, places, options)
        if (header.type === 'directory')
          directories.push({ path: header.name, mtime: Number(header.mtime) })
      } else if (event.kind === 'content') await sink?.write(event.piece)
      else {
        const ended = sink
        sink = undefined
        await ended?.end()
      }
    }
  } finally {
    await sink?.abandon()
  }
  // Each file that was made in one has changed its time.
  for (const { path, mtime } of directories.reverse()) {
    await using located = await places.find(path)
    if (located.name !== '' && located.status?.isDirectory() === true)
      await lutimes(located.parent.entry(located.name), mtime, mtime)
  }
}

/** Makes what an entry stands for; gives what takes its content, if it has any. */
async function begin(
  header: TarHeader,
  places: Places,
  options: ExtractOptions,
): Promise<Sink | undefined> {
  const located = await places.find(header.name)
  try {
    const { parent, name } = located
    // The directory itself that all goes to.
    if (posix.normalize(`/${header.name}`) === '/') return undefined
    const merges = await makeWay(header, located, options)
    if (!merges && located.status !== undefined) await places.forget()
    if (header.type === 'hard link') {
      await using target = await places.find(header.linkName)
      await link(target.parent.entry(target.name), parent.entry(name))
    } else if (header.type === 'symbolic link') {
      await symlink(Buffer.from(header.linkName, 'latin1'), parent.entry(name))
      await lchown(parent.entry(name), header.uid, header.gid)
      await lutimes(parent.entry(name), Number(header.mtime), Number(header.mtime))
    } else if (header.type === 'directory') await makeDirectory(header, located, merges)
    else if (header.type === 'file' && header.xattrs.size === 0)
      return await FileSink.create(header, parent, name)
    else return await SingleEntryTar.start({ ...header, name }, await parent.again())
    return undefined
  } finally {
    await located[Symbol.asyncDispose]()
  }
}

/** Removes what an entry replaces; true when it is a directory that goes on to be one. */
async function makeWay(
  header: TarHeader,
  { parent, name, path, status }: Located,
  { keepKinds, directory }: ExtractOptions,
): Promise<boolean> {
  if (status === undefined) return false
  const [was, becomes] = [status.isDirectory(), header.type === 'directory']
  if (was && becomes) return true
  if (keepKinds && was !== becomes)
    throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_KIND', {
      was: was ? 'directory' : 'non-directory',
      path,
      becomes: becomes ? 'directory' : 'non-directory',
      directory,
    })
  await removeTree(parent, name)
  return false
}

async function makeDirectory(
  { mode, uid, gid }: TarHeader,
  { parent, name }: Located,
  exists: boolean,
): Promise<void> {
  if (!exists) await mkdir(parent.entry(name), 0o700)
  await using made = await parent.child(name)
  await lchown(parent.entry(name), uid, gid)
  // chmod(2) follows links, but the path of a descriptor leads to what is open.
  await chmod(made.path, mode)
}

class FileSink implements Sink {
  readonly #handle: FileHandle
  readonly #header: TarHeader

  private constructor(handle: FileHandle, header: TarHeader) {
    this.#handle = handle
    this.#header = header
  }

  static async create(header: TarHeader, parent: HeldDirectory, name: string): Promise<FileSink> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    return new FileSink(await open(parent.entry(name), flags, 0o600), header)
  }

  async write(piece: Buffer): Promise<void> {
    let written = 0
    while (written < piece.length)
      written += (await this.#handle.write(piece, written)).bytesWritten
  }

  async end(): Promise<void> {
    const { uid, gid, mode, mtime } = this.#header
    try {
      // Before the mode: a change of owner clears the set-uid bits.
      await this.#handle.chown(uid, gid)
      await this.#handle.chmod(mode)
      await this.#handle.utimes(Number(mtime), Number(mtime))
    } finally {
      await this.#handle.close()
    }
  }

  async abandon(): Promise<void> {
    await this.#handle.close()
  }
}
