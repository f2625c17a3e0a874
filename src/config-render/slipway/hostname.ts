import type { JsonNode } from '../../ignition-schema/index.ts'
import { isNull } from '../convert.ts'
import type { Rendering } from '../rendering.ts'
import { readText } from '../sugar/values.ts'
import { type Tree, valueAt } from '../yaml/tree.ts'
import { hostFile } from './host-file.ts'

/** `/etc/hostname` (hostname(5)): at most 64 characters are what the kernel takes. */
export function hostnameFile(tree: Tree, rendering: Rendering): JsonNode[] {
  const value = valueAt(tree, 'hostname')
  if (value === undefined || isNull(value)) return []
  const name = readText(value, ['hostname'], rendering)
  if (name === undefined) return []
  const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i
  if (name.length > 64 || !name.split('.').every((part) => label.test(part))) {
    rendering.report('RENDER_HOSTNAME', ['hostname'], value.offset)
    return []
  }
  const file = { path: '/etc/hostname', mode: 0o644, content: `${name}\n` }
  return [hostFile(file, ['hostname'], value.offset, rendering)]
}
