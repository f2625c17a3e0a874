import type { JsonNode, Path } from '../../ignition-schema/index.ts'
import { inlineData } from '../data-url.ts'
import { nodeOf } from '../node.ts'
import type { Rendering } from '../rendering.ts'

/** A file that takes the place of what the image may have at its path. */
export function hostFile(
  file: { readonly path: string; readonly mode: number; readonly content: string },
  from: Path,
  offset: number,
  rendering: Rendering,
): JsonNode {
  const { path, mode, content } = file
  const contents = inlineData(Buffer.from(content))
  return rendering.from(from, nodeOf({ path, mode, overwrite: true, contents }, offset))
}
