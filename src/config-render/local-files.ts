import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { join, posix, resolve, sep } from 'node:path'
import type { RenderCode } from './catalogue.ts'

/** The files that a config may take in. */
export type LocalFiles = {
  /** The content of a file, by its path below the directory. */
  read(path: string): { readonly content: Buffer; readonly file: string } | LocalMistake
  /** What is below a directory, in the order of the names, the directory itself first as `.`. */
  walk(path: string): { readonly nodes: readonly LocalNode[] } | LocalMistake
}

export type LocalMistake = {
  readonly code: RenderCode
  readonly details: Readonly<Record<string, string>>
}

export type LocalNode = { readonly path: string } & (
  | { readonly kind: 'directory' | 'other' }
  | { readonly kind: 'file'; readonly executable: boolean; readonly content: Buffer }
  | { readonly kind: 'link'; readonly target: string }
)

/** The files below a directory; nothing outside of it is read, links out of it included. */
export function localFiles(directory: string | undefined): LocalFiles {
  if (directory === undefined) {
    const missing = { code: 'RENDER_FILES_DIR_MISSING', details: {} } as const
    return { read: () => missing, walk: () => missing }
  }
  return {
    read: (path) =>
      attempt(path, () => {
        const file = confined(directory, path)
        return { content: readFileSync(file), file: join(directory, path) }
      }),
    walk: (path) =>
      attempt(path, () => {
        const root = confined(directory, path)
        if (!statSync(root).isDirectory())
          return { code: 'RENDER_TREE_DIRECTORY', details: { path } } as const
        return { nodes: [{ path: '.', kind: 'directory' }, ...below(root, '')] }
      }),
  }
}

class Escape extends Error {}

function confined(directory: string, path: string): string {
  const base = resolve(directory)
  const isInside = (place: string, root: string) => place === root || place.startsWith(root + sep)
  const lexical = join(base, path)
  if (!isInside(lexical, base)) throw new Escape()
  const real = realpathSync(lexical)
  if (!isInside(real, realpathSync(base))) throw new Escape()
  return real
}

function below(root: string, folder: string): LocalNode[] {
  return readdirSync(join(root, folder))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap((name): LocalNode[] => {
      const path = posix.join(folder, name)
      const place = join(root, path)
      const status = lstatSync(place)
      if (status.isDirectory()) return [{ path, kind: 'directory' }, ...below(root, path)]
      if (status.isSymbolicLink()) return [{ path, kind: 'link', target: readlinkSync(place) }]
      if (!status.isFile()) return [{ path, kind: 'other' }]
      const executable = (status.mode & 0o111) !== 0
      return [{ path, kind: 'file', executable, content: readFileSync(place) }]
    })
}

function attempt<T>(path: string, read: () => T): T | LocalMistake {
  try {
    return read()
  } catch (error) {
    if (error instanceof Escape) return { code: 'RENDER_FILES_DIR_ESCAPE', details: { path } }
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    if (code === undefined) throw error
    return { code: 'RENDER_LOCAL_UNREADABLE', details: { path, reason: code } }
  }
}
