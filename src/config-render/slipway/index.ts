import type { JsonNode } from '../../ignition-schema/index.ts'
import { type ObjectNode, withItems } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import type { Tree } from '../yaml/tree.ts'
import { composeFiles } from './containers.ts'
import { hostnameFile } from './hostname.ts'
import { updateFile } from './update.ts'

const keys = ['containers', 'update', 'hostname'] as const

/** The top-level keys that only the variant slipway has. */
export function hostKeys({ variant }: Rendering): readonly string[] {
  return variant.host ? keys : []
}

/** The storage section with the files that these keys stand for. */
export function addHostFiles(storage: ObjectNode, tree: Tree, rendering: Rendering): ObjectNode {
  if (!rendering.variant.host) return storage
  const files: JsonNode[] = [
    ...hostnameFile(tree, rendering),
    ...composeFiles(storage, tree, rendering),
    ...updateFile(tree, rendering),
  ]
  return withItems(storage, 'files', files)
}
