import { childAt, type Entry, type Mapping, mapping, plain, type Tree, textAt } from './tree.ts'

/**
 * What two Compose files say together, by the rules of the Compose specification: maps are merged, lists
 * appended, and what is named once in each is the later one's. `!reset` takes away, `!override` replaces.
 */
export function merged(
  base: Tree | undefined,
  over: Tree,
  path: readonly string[],
): Tree | undefined {
  if (over.tag === 'reset') return undefined
  if (base === undefined || over.tag === 'override') return cleared(over)
  const rule = ruleAt(path)
  if (rule === 'replace') return cleared(over)
  if (isNothing(over)) return base
  if (isNothing(base)) return cleared(over)
  if (rule !== undefined) return rule(base, over, path)
  if (base.kind === 'map' && over.kind === 'map') return mergedMaps(base, over, path)
  if (base.kind === 'list' && over.kind === 'list') return appended(base, over)
  return cleared(over)
}

/** A tree that overrides nothing: what it resets is not there. */
export function cleared(tree: Tree): Tree {
  if (tree.kind === 'value' || !hasReset(tree)) return tree
  if (tree.kind === 'list')
    return { ...tree, items: tree.items.filter(({ tag }) => tag !== 'reset').map(cleared) }
  return mapping(
    [...tree.entries.values()]
      .filter(({ value }) => value.tag !== 'reset')
      .map((entry) => ({ ...entry, value: cleared(entry.value) })),
    tree,
  )
}

/** The name and the value of `NAME=value` or of a map's entry: environments, labels and their like. */
export function assignments(tree: Tree): readonly Entry[] {
  if (tree.kind === 'map') return [...tree.entries.values()]
  if (tree.kind === 'value') return []
  return tree.items.flatMap((item): Entry[] => {
    if (item.kind !== 'value' || item.text === undefined) return []
    const [key = '', value] = item.text.split(/=(.*)/s)
    const keyNode = textAt(key, item)
    const nothing = { kind: 'value', value: null, place: item.place } as const
    return [{ key, keyNode, value: value === undefined ? nothing : textAt(value, item) }]
  })
}

type Rule = (base: Tree, over: Tree, path: readonly string[]) => Tree

function ruleAt(path: readonly string[]): Rule | 'replace' | undefined {
  const [section, , ...rest] = path
  const key = rest.join('.')
  if (section === 'services') {
    if (/^(?:command|entrypoint|healthcheck\.test)$/.test(key)) return 'replace'
    if (/^(?:environment|labels|annotations|sysctls|deploy\.labels)$/.test(key)) return byName
    if (/^(?:depends_on|networks)$/.test(key)) return byKey
    if (key === 'logging') return logging
    if (key === 'extra_hosts') return hosts
    if (key === 'ports') return unique(portKey)
    if (key === 'volumes') return unique(mountKey)
    if (/^(?:secrets|configs)$/.test(key)) return unique(grantKey)
    if (/^(?:dns|dns_opt|dns_search|env_file|label_file|tmpfs|expose)$/.test(key)) return lists
    if (/^(?:cap_add|cap_drop|devices|group_add|security_opt|profiles)$/.test(key)) return lists
  }
  return /^labels$/.test(key) ? byName : undefined
}

function mergedMaps(base: Mapping, over: Mapping, path: readonly string[]): Mapping {
  const entries = new Map(base.entries)
  for (const entry of over.entries.values()) {
    const value = merged(entries.get(entry.key)?.value, entry.value, [...path, entry.key])
    if (value === undefined) entries.delete(entry.key)
    else entries.set(entry.key, { ...entry, value })
  }
  return mapping(entries.values(), { ...base, place: over.place })
}

function appended(base: Tree, over: Tree): Tree {
  return { kind: 'list', items: [...itemsOf(base), ...itemsOf(cleared(over))], place: over.place }
}

/** Both as maps, whether they are written as lists or not. */
const byName: Rule = (base, over, path) =>
  mergedMaps(mapping(assignments(base), base), mapping(assignments(over), over), path)

/** As `byName`, for lists of names alone; a service that is only named is one that is only to be started. */
const byKey: Rule = (base, over, path) => {
  const map = (tree: Tree) =>
    tree.kind === 'map'
      ? tree
      : mapping(
          assignments(tree).map((entry) => ({
            ...entry,
            value: path.at(-1) === 'depends_on' ? started(entry.value) : entry.value,
          })),
          tree,
        )
  return base.kind === 'list' && over.kind === 'list'
    ? lists(base, over, path)
    : mergedMaps(map(base), map(over), path)
}

function started(node: Tree): Tree {
  const key = 'condition'
  return mapping(
    [{ key, keyNode: textAt(key, node), value: textAt('service_started', node) }],
    node,
  )
}

/** Options are those of one driver. */
const logging: Rule = (base, over, path) => {
  const [before, after] = [base, over].map((tree) => childAt(tree, 'driver'))
  const same = before === undefined || after === undefined || text(before) === text(after)
  return same && base.kind === 'map' && over.kind === 'map'
    ? mergedMaps(base, over, path)
    : cleared(over)
}

/** A list, or one alone; what is in both stands there once. */
const lists: Rule = (base, over) => unique((item) => JSON.stringify(plain(item)))(base, over, [])

/** A name may have several addresses. */
const hosts: Rule = (base, over, path) => {
  const list = (tree: Tree): Tree =>
    tree.kind === 'map'
      ? {
          kind: 'list',
          items: [...tree.entries.values()].map(({ key, value }) =>
            textAt(`${key}=${text(value) ?? ''}`, value),
          ),
          place: tree.place,
        }
      : tree
  return lists(list(base), list(over), path)
}

function unique(keyOf: (item: Tree) => string): Rule {
  return (base, over) => {
    const items = new Map<string, Tree>()
    for (const item of [...itemsOf(base), ...itemsOf(cleared(over))]) items.set(keyOf(item), item)
    return { kind: 'list', items: [...items.values()], place: over.place }
  }
}

function itemsOf(tree: Tree): readonly Tree[] {
  return tree.kind === 'list' ? tree.items : [tree]
}

function portKey(item: Tree): string {
  if (item.kind !== 'map') return text(item) ?? ''
  const [ip, published, target, protocol] = ['host_ip', 'published', 'target', 'protocol'].map(
    (key) => text(childAt(item, key)),
  )
  const ports = published === undefined ? `${target}` : `${published}:${target}`
  const suffix = protocol === undefined || protocol === 'tcp' ? '' : `/${protocol}`
  return `${ip === undefined ? '' : `${ip}:`}${ports}${suffix}`
}

function mountKey(item: Tree): string {
  if (item.kind === 'map') return text(childAt(item, 'target')) ?? ''
  const [source = '', target = source] = (text(item) ?? '').split(':')
  return target
}

function grantKey(item: Tree): string {
  if (item.kind !== 'map') return text(item) ?? ''
  return text(childAt(item, 'target')) ?? text(childAt(item, 'source')) ?? ''
}

function text(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'value' ? tree.text : undefined
}

function isNothing(tree: Tree): boolean {
  return tree.kind === 'value' && tree.value === null && tree.mistake === undefined
}

function hasReset(tree: Tree): boolean {
  if (tree.kind === 'value') return false
  const inner =
    tree.kind === 'list' ? tree.items : [...tree.entries.values()].map(({ value }) => value)
  return inner.some((one) => one.tag === 'reset' || hasReset(one))
}
