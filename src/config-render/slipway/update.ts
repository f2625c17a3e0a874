import type { JsonNode } from '../../ignition-schema/index.ts'
import { checkUpdateSettings, updateSettingsFile } from '../../update/settings/settings.ts'
import { isNull } from '../convert.ts'
import type { Rendering } from '../rendering.ts'
import { type Tree, valueAt } from '../yaml/tree.ts'
import { embeddedDocument, reportEmbedded } from './embedded.ts'
import { hostFile } from './host-file.ts'

/** The settings file of the update agent. */
export function updateFile(tree: Tree, rendering: Rendering): JsonNode[] {
  const value = valueAt(tree, 'update')
  if (value === undefined || isNull(value)) return []
  const document = embeddedDocument(value, ['update'], rendering)
  if (document === undefined) return []
  const path = updateSettingsFile
  const { problems } = checkUpdateSettings(document.placed, path)
  reportEmbedded(problems, 'RENDER_UPDATE', ['update'], document, rendering)
  const file = { path, mode: 0o600, content: document.content }
  return [hostFile(file, ['update'], value.offset, rendering)]
}
