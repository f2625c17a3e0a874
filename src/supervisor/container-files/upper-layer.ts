import { spawn } from 'node:child_process'
import { engineErrors } from '../../errors/engine.ts'
import {
  blankHeader,
  blockBytes,
  encodeHeader,
  padding,
  type TarHeader,
} from '../images/tar-header.ts'
import { TarReader } from '../images/tar-reader.ts'
import { ended, programEnvironment } from '../runtime/programs.ts'
import type { HeldDirectory } from './held-directory.ts'
import { opaqueAttribute } from './opaque.ts'
import { ownPaths } from './own-paths.ts'

/**
 * The layer that a container's upper directory is, as an image has it (image-spec 1.1, layer.md): without what
 * the engine itself put there, and with whiteouts as files. Nothing at all when there is no change. GNU tar
 * reads it, by descriptors and without following links, for a container that is not paused may change it.
 *
 * @param name of the container, for errors
 * @throws SLIPWAY_ENGINE_ARCHIVE_FAILED
 */
export async function* upperLayer(
  upper: HeldDirectory,
  name: string,
): AsyncGenerator<Buffer, void> {
  const child = spawn('tar', tarArguments, {
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', upper.fd],
  })
  const end = ended(child, 'tar')
  let words = ''
  child.stderr?.on('data', (piece: Buffer) => {
    words = (words + piece.toString('utf8')).slice(-2000)
  })
  const layer = new LayerWriter()
  const reader = new TarReader(layer)
  let isRead = false
  try {
    for await (const piece of child.stdout ?? []) {
      reader.write(Buffer.from(piece))
      yield* layer.take()
    }
    isRead = true
  } finally {
    if (!isRead) child.kill('SIGKILL')
  }
  // 1: something changed or went away while it was read.
  const status = await end
  if (status !== 0 && status !== 1)
    throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_FAILED', {
      name,
      reason: `tar: ${status}: ${words.trim()}`,
    })
  reader.finish()
  if (!layer.isEmpty) yield Buffer.alloc(2 * blockBytes)
}

const tarArguments = [
  ...['--create', '--file=-', '--format=pax', '--pax-option=delete=atime,delete=ctime'],
  ...['--numeric-owner', '--one-file-system', '--sort=name', '--xattrs'],
  ...['--xattrs-include=security.capability', `--xattrs-include=${opaqueAttribute}`],
  ...['--directory=/proc/self/fd/3', '.'],
]

/** Turns entries of an upper directory into those of a layer. */
class LayerWriter {
  isEmpty = true
  #output: Buffer[] = []
  /** Directories that are there only for what the engine put into them; by path. */
  readonly #held = new Map<string, TarHeader>()
  #isWritten = false
  #sizeBytes = 0

  readonly entry = (header: TarHeader): void => {
    const path = header.name.replace(/^\.\/?/, '').replace(/\/$/, '')
    this.#isWritten = false
    this.#sizeBytes = header.sizeBytes
    if (path === '') return
    const isOpaque = header.xattrs.get(opaqueAttribute)?.toString('latin1') === 'y'
    const clean: TarHeader = {
      ...header,
      name: header.type === 'directory' ? `${path}/` : path,
      linkName:
        header.type === 'hard link' ? header.linkName.replace(/^\.\//, '') : header.linkName,
      xattrs: new Map([...header.xattrs].filter(([key]) => key !== opaqueAttribute)),
    }
    if (ownPaths.has(`/${path}`) && !isOpaque) {
      if (header.type === 'directory') this.#held.set(path, clean)
      if (header.type === 'directory' || header.sizeBytes === 0) return
    }
    this.#writeHeldAbove(path)
    if (isWhiteout(header)) this.#write({ ...blankHeader, name: hidden(path) })
    else this.#write(clean)
    if (isOpaque) this.#write({ ...blankHeader, name: `${path}/.wh..wh..opq` })
    this.#isWritten = true
  }

  readonly content = (piece: Buffer): void => {
    // A copy: the piece is a part of a buffer that may be used again.
    if (this.#isWritten) this.#output.push(Buffer.from(piece))
  }

  readonly entryEnd = (): void => {
    if (this.#isWritten) this.#output.push(padding(this.#sizeBytes))
  }

  take(): Buffer[] {
    const output = this.#output
    this.#output = []
    return output
  }

  #writeHeldAbove(path: string): void {
    for (const [directory, header] of this.#held)
      if (path.startsWith(`${directory}/`)) {
        this.#held.delete(directory)
        this.#write(header)
      }
  }

  #write(header: TarHeader): void {
    this.isEmpty = false
    this.#output.push(encodeHeader(header))
  }
}

/** Overlayfs's mark of a deleted file. */
function isWhiteout({ type, deviceMajor, deviceMinor }: TarHeader): boolean {
  return type === 'character device' && deviceMajor === 0 && deviceMinor === 0
}

function hidden(path: string): string {
  const at = path.lastIndexOf('/') + 1
  return `${path.slice(0, at)}.wh.${path.slice(at)}`
}
