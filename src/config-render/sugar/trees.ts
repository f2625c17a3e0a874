import { posix } from 'node:path'
import type { JsonNode, Path } from '../../ignition-schema/index.ts'
import { isNull, reportUnknown } from '../convert.ts'
import { inlineData } from '../data-url.ts'
import type { LocalNode } from '../local-files.ts'
import { nodeOf, type ObjectNode, textOf, valueOfNode, withMember } from '../node.ts'
import type { Rendering } from '../rendering.ts'
import { scalarNode } from '../yaml/scalars.ts'
import { type Tree, valueAt } from '../yaml/tree.ts'
import { NodeSet } from './node-set.ts'
import { readText } from './values.ts'

/** The storage section with the files, links and directories of `storage.trees`. */
export function addTrees(
  storage: ObjectNode,
  yaml: Tree | undefined,
  rendering: Rendering,
): ObjectNode {
  const trees = valueAt(yaml, 'trees')
  if (trees === undefined || isNull(trees) || rendering.variant.minor < 1) return storage
  const path = ['storage', 'trees']
  if (trees.kind !== 'list') {
    rendering.report('RENDER_TYPE', path, trees.offset, { wanted: 'a list of trees' })
    return storage
  }
  const nodes = new NodeSet(storage)
  trees.items.forEach((tree, index) => {
    const plan = treePlan(tree, [...path, index], rendering)
    if (plan !== undefined) addTree(plan, nodes, rendering)
  })
  return nodes.storage()
}

type TreePlan = {
  readonly at: Path
  readonly offset: number
  readonly local: string
  readonly target: string
  readonly owner: Readonly<Record<string, unknown>>
  readonly fileMode?: number
  readonly directoryMode?: number
}

/** The keys of a tree, with the minor version of Ignition that each is there from. */
const keys: Readonly<Record<string, number>> = {
  local: 1,
  path: 1,
  user: 6,
  group: 6,
  file_mode: 6,
  dir_mode: 6,
}

function treePlan(tree: Tree, at: Path, rendering: Rendering): TreePlan | undefined {
  if (tree.kind !== 'map')
    return rendering.report('RENDER_TYPE', at, tree.offset, { wanted: 'a map with the key local' })
  const { minor } = rendering.variant
  const known = Object.keys(keys).filter((key) => (keys[key] ?? 0) <= minor)
  const newer = new Set(Object.keys(keys).filter((key) => !known.includes(key)))
  for (const { key, keyOffset } of tree.entries)
    if (!known.includes(key)) reportUnknown(rendering, [...at, key], keyOffset, known, newer)
  const read = (key: string) => {
    const value = known.includes(key) ? valueAt(tree, key) : undefined
    return value === undefined || isNull(value) ? undefined : value
  }
  const localTree = read('local')
  if (localTree === undefined) return rendering.report('RENDER_TREE_LOCAL', at, tree.offset)
  const local = readText(localTree, [...at, 'local'], rendering)
  if (local === undefined) return undefined
  if (local === '') return rendering.report('RENDER_TREE_LOCAL', at, localTree.offset)
  const pathTree = read('path')
  const target = pathTree === undefined ? '' : readText(pathTree, [...at, 'path'], rendering)
  const fileMode = numberAt(read('file_mode'), [...at, 'file_mode'], rendering)
  const directoryMode = numberAt(read('dir_mode'), [...at, 'dir_mode'], rendering)
  return {
    at,
    offset: localTree.offset,
    local,
    target: target || '/',
    owner: {
      user: ownerOf(read('user'), [...at, 'user'], rendering),
      group: ownerOf(read('group'), [...at, 'group'], rendering),
    },
    ...(fileMode === undefined ? {} : { fileMode }),
    ...(directoryMode === undefined ? {} : { directoryMode }),
  }
}

function addTree(plan: TreePlan, nodes: NodeSet, rendering: Rendering): void {
  const walked = rendering.files.walk(plan.local)
  if ('code' in walked) {
    rendering.report(walked.code, plan.at, plan.offset, walked.details)
    return
  }
  for (const node of walked.nodes) addNode(node, plan, nodes, rendering)
}

function addNode(node: LocalNode, plan: TreePlan, nodes: NodeSet, rendering: Rendering): void {
  const path = posix.join(plan.target, node.path)
  const own = <Node extends JsonNode>(made: Node) => rendering.from(plan.at, made)
  const make = (value: object) => own(nodeOf(value, plan.offset))
  const there = nodes.get(path)
  const taken = () => rendering.report('RENDER_TREE_NODE_EXISTS', plan.at, plan.offset, { path })
  switch (node.kind) {
    case 'directory': {
      const owned = plan.owner.user !== undefined || plan.owner.group !== undefined
      // Ignition makes what is between; only what is not as usual needs to be said.
      if (plan.directoryMode === undefined && !owned) return
      if (there !== undefined) taken()
      else
        nodes.put(
          'directories',
          path,
          make({ path, ...plan.owner, mode: plan.directoryMode ?? 0o755 }),
        )
      return
    }
    case 'file': {
      const contents = valueOfNode(there?.node.members.find(({ key }) => key === 'contents')?.value)
      const filled = there !== undefined && (there.list !== 'files' || sourceOf(contents) !== '')
      if (filled) {
        taken()
        return
      }
      const given = compressionOf(contents)
      const mode = plan.fileMode ?? (node.executable ? 0o755 : 0o644)
      const base = there?.node ?? make({ path, ...plan.owner })
      const content = {
        ...(isObject(contents) ? contents : {}),
        ...inlineData(node.content, given),
      }
      const file = withMember(asObject(base), 'contents', make(content))
      const hasMode = file.members.some(({ key }) => key === 'mode')
      nodes.put(
        'files',
        path,
        hasMode ? file : withMember(file, 'mode', own(nodeOf(mode, plan.offset))),
      )
      return
    }
    case 'link': {
      if (there !== undefined && (there.list !== 'links' || textOf(there.node, 'target'))) {
        taken()
        return
      }
      const base = there?.node ?? make({ path, ...plan.owner })
      nodes.put(
        'links',
        path,
        withMember(asObject(base), 'target', own(nodeOf(node.target, plan.offset))),
      )
      return
    }
    case 'other':
      rendering.report('RENDER_TREE_TYPE', plan.at, plan.offset, { path: node.path })
  }
}

function numberAt(value: Tree | undefined, path: Path, rendering: Rendering): number | undefined {
  if (value === undefined) return undefined
  const node = value.kind === 'scalar' ? scalarNode(value, 'integer') : undefined
  if (node?.kind === 'number' && node.whole) return node.value
  return rendering.report('RENDER_TYPE', path, value.offset, { wanted: 'a mode such as 0644' })
}

function ownerOf(value: Tree | undefined, path: Path, rendering: Rendering): object | undefined {
  if (value === undefined) return undefined
  if (value.kind !== 'map')
    return rendering.report('RENDER_TYPE', path, value.offset, { wanted: 'a map with id or name' })
  const owner: Record<string, unknown> = {}
  for (const { key, keyOffset, value: part } of value.entries) {
    const here = [...path, key]
    if (key === 'id') {
      const node = part.kind === 'scalar' ? scalarNode(part, 'integer') : undefined
      if (node?.kind === 'number' && node.whole) owner.id = node.value
      else rendering.report('RENDER_TYPE', here, part.offset, { wanted: 'a whole number' })
    } else if (key === 'name') owner.name = readText(part, here, rendering)
    else reportUnknown(rendering, here, keyOffset, ['id', 'name'])
  }
  return Object.keys(owner).length === 0 ? undefined : owner
}

function asObject(node: JsonNode): ObjectNode {
  return node.kind === 'object' ? node : { kind: 'object', offset: node.offset, members: [] }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function sourceOf(contents: unknown): string {
  return isObject(contents) && typeof contents.source === 'string' ? contents.source : ''
}

function compressionOf(contents: unknown): string | undefined {
  return isObject(contents) && typeof contents.compression === 'string'
    ? contents.compression
    : undefined
}
