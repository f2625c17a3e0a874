import type { BigIntStats } from 'node:fs'
import { lchown, mkdir, readlink } from 'node:fs/promises'
import type { HeldDirectory } from './held-directory.ts'

/** As many links as the kernel follows in one path. */
const maximumLinks = 40

/** Where a path leads inside a root. */
export type Located = AsyncDisposable & {
  /** The directory that it is in; for the root, the root. */
  readonly parent: HeldDirectory
  /** Its name there; empty for the root itself. */
  readonly name: string
  /** Inside the root, without links: `/` and what follows. */
  readonly path: string
  /** Undefined when there is nothing of this name. */
  readonly status: BigIntStats | undefined
}

export type LocateOptions = {
  /** Whether a link at the end is followed; always so if the path ends with a slash. */
  readonly follow?: boolean
  /** Makes directories on the way that are not there; this id owns them, if it is not 0. */
  readonly createAs?: number
}

/**
 * Finds what a path means inside a root: links are followed as if the root were `/`, so that none leads
 * out, and the way is held step by step, so that it stays inside whatever somebody changes meanwhile.
 * Throws ENOENT, ENOTDIR or ELOOP as open(2) would.
 */
export async function locate(
  root: HeldDirectory,
  path: string,
  { follow = false, createAs }: LocateOptions = {},
): Promise<Located> {
  await using way = new Way(root)
  const pending = path.split('/').reverse()
  let links = 0
  for (;;) {
    const name = pending.pop()
    if (name === undefined) return await way.here()
    if (name === '' || name === '.') continue
    if (name === '..') {
      await way.up()
      continue
    }
    // A slash at the end leaves an empty name, by which a link before it is followed.
    const last = pending.length === 0
    const status = await way.top.statusOf(name)
    if (status?.isSymbolicLink() === true && (follow || !last)) {
      links += 1
      if (links > maximumLinks) throw failure('ELOOP', path)
      const target = await targetOf(way.top.entry(name))
      if (target === undefined) {
        pending.push(name)
        continue
      }
      if (target.startsWith('/')) await way.toRoot()
      pending.push(...target.split('/').reverse())
      continue
    }
    const isDirectory = status?.isDirectory() === true
    if (last && !isDirectory) return await way.at(name, status)
    if (status === undefined) {
      if (createAs === undefined || last) throw failure('ENOENT', path)
      await mkdir(way.top.entry(name), 0o755)
      if (createAs !== 0) await lchown(way.top.entry(name), createAs, createAs)
    } else if (!isDirectory) throw failure('ENOTDIR', path)
    await way.into(name)
  }
}

/** undefined when it is no link any more: a process of the container has changed it meanwhile. */
async function targetOf(link: Buffer): Promise<string | undefined> {
  try {
    return await readlink(link, { encoding: 'latin1' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined
    throw error
  }
}

/** The directories from the root to where a path has led so far. */
class Way implements AsyncDisposable {
  readonly #root: HeldDirectory
  readonly #held: HeldDirectory[] = []
  readonly #names: string[] = []

  constructor(root: HeldDirectory) {
    this.#root = root
  }

  get top(): HeldDirectory {
    return this.#held.at(-1) ?? this.#root
  }

  async into(name: string): Promise<void> {
    this.#held.push(await this.top.child(name))
    this.#names.push(name)
  }

  async up(): Promise<void> {
    this.#names.pop()
    await this.#held.pop()?.[Symbol.asyncDispose]()
  }

  async toRoot(): Promise<void> {
    while (this.#held.length > 0) await this.up()
  }

  async at(name: string, status: BigIntStats | undefined): Promise<Located> {
    const parent = await this.top.again()
    const path = `/${[...this.#names, name].join('/')}`
    return {
      parent,
      name,
      path,
      status,
      [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose](),
    }
  }

  /** The directory that was entered last. */
  async here(): Promise<Located> {
    const status = await this.top.status()
    const name = this.#names.at(-1)
    if (name === undefined) {
      const parent = await this.#root.again()
      return {
        parent,
        name: '',
        path: '/',
        status,
        [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose](),
      }
    }
    await this.up()
    return await this.at(name, status)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.toRoot()
  }
}

/** The directory that was found; throws ENOTDIR for anything else. */
export async function heldDirectory({ parent, name }: Located): Promise<HeldDirectory> {
  return name === '' ? await parent.again() : await parent.child(name)
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}

/** Whether a path could not be found, for whatever reason the kernel has for that. */
export function isNotFound(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('code' in error)) return false
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP'
}
