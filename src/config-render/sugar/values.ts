import type { Path } from '../../ignition-schema/index.ts'
import type { Rendering } from '../rendering.ts'
import { scalarNode } from '../yaml/scalars.ts'
import type { Tree } from '../yaml/tree.ts'

/** The text that a value is, or undefined, reported. */
export function readText(tree: Tree, path: Path, rendering: Rendering): string | undefined {
  const node = tree.kind === 'scalar' ? scalarNode(tree, 'string') : undefined
  if (node?.kind === 'string') return node.value
  return rendering.report('RENDER_TYPE', path, tree.offset, { wanted: 'a text' })
}

export function readFlag(tree: Tree, path: Path, rendering: Rendering): boolean | undefined {
  const node = tree.kind === 'scalar' ? scalarNode(tree, 'boolean') : undefined
  if (node?.kind === 'boolean') return node.value
  return rendering.report('RENDER_TYPE', path, tree.offset, { wanted: 'true or false' })
}

/** A local file’s content, by the path that a value is; undefined, reported, if it cannot be had. */
export function readLocal(
  tree: Tree,
  path: Path,
  rendering: Rendering,
): { readonly content: Buffer; readonly file: string } | undefined {
  const name = readText(tree, path, rendering)
  if (name === undefined) return undefined
  const read = rendering.files.read(name)
  return 'code' in read ? rendering.report(read.code, path, tree.offset, read.details) : read
}

/** The same as text. */
export function readLocalText(
  tree: Tree,
  path: Path,
  rendering: Rendering,
): { readonly content: string; readonly file: string } | undefined {
  const read = readLocal(tree, path, rendering)
  if (read === undefined) return undefined
  const content = read.content.toString('utf8')
  if (Buffer.from(content).equals(read.content)) return { content, file: read.file }
  return rendering.report('RENDER_LOCAL_NOT_TEXT', path, tree.offset, { path: read.file })
}
