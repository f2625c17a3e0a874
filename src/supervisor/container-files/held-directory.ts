import type { BigIntStats } from 'node:fs'
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises'
import { ifAbsent } from '../../files/absence.ts'

/** open(2)'s own value, which Node does not name; the same on all architectures that we run on. */
export const pathOnly = 0o10000000

/**
 * A directory that is held open. What is in it is reached by its descriptor and one name, so that
 * nobody who renames directories or puts links in their place meanwhile can lead the way elsewhere:
 * what openat(2) is for, which Node does not have. Names are strings of bytes (latin1).
 */
export class HeldDirectory implements AsyncDisposable {
  readonly #handle: FileHandle

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Opens a directory of the host by a path that is trusted; links are followed. */
  static async open(path: string): Promise<HeldDirectory> {
    return new HeldDirectory(await open(path, pathOnly | constants.O_DIRECTORY))
  }

  get fd(): number {
    return this.#handle.fd
  }

  /** A path of the directory itself, for calls that take no descriptor. */
  get path(): string {
    return `/proc/self/fd/${this.fd}`
  }

  /** A path of what has this name in it; calls that follow a link at its end must not be given it. */
  entry(name: string): Buffer {
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
      throw new RangeError(`not the name of a file: ${JSON.stringify(name)}`)
    return Buffer.from(`${this.path}/${name}`, 'latin1')
  }

  /** Throws ENOTDIR or ELOOP for what is no directory, a link included. */
  async child(name: string): Promise<HeldDirectory> {
    const flags = pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW
    return new HeldDirectory(await open(this.entry(name), flags))
  }

  /** The same directory, held a second time. */
  async again(): Promise<HeldDirectory> {
    return await HeldDirectory.open(this.path)
  }

  async status(): Promise<BigIntStats> {
    return await this.#handle.stat({ bigint: true })
  }

  /** Of what has this name, a link itself; undefined when there is nothing. */
  async statusOf(name: string): Promise<BigIntStats | undefined> {
    return await lstat(this.entry(name), { bigint: true }).catch(ifAbsent)
  }

  async names(): Promise<string[]> {
    return await readdir(this.path, { encoding: 'latin1' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }
}

/** A path as the bytes that the kernel takes; see `HeldDirectory`. */
export function bytesOf(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1')
}
