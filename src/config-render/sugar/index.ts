import type { Path } from '../../ignition-schema/index.ts'
import type { ObjectNode } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import type { Entry } from '../yaml/tree.ts'
import { inlineContents } from './contents.ts'
import { checkMountUnit } from './mount-units.ts'
import { localKeys } from './ssh-keys.ts'
import { localUnit } from './unit-contents.ts'

/** Carries out the keys of a map that Ignition lacks. Trees and mount units are made from the whole. */
export function desugar(
  node: ObjectNode,
  sugar: ReadonlyMap<string, Entry>,
  path: Path,
  rendering: Rendering,
): ObjectNode {
  const keys = [...sugar.keys()]
  if (keys.includes('inline') || keys.includes('local'))
    return inlineContents(node, sugar, path, rendering)
  const units = sugar.get('contents_local')
  if (units !== undefined) return localUnit(node, units, path, rendering)
  const sshKeys = sugar.get('ssh_authorized_keys_local')
  if (sshKeys !== undefined) return localKeys(node, sshKeys, path, rendering)
  const mount = sugar.get('with_mount_unit')
  if (mount !== undefined) checkMountUnit(node, mount, path, rendering)
  return node
}
