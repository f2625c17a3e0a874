import type { Report } from '../check.ts'
import type { Config, Directory, File, Link, Owner } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Draft } from '../shape.ts'
import { cleanPath, pathMistake } from './node-path.ts'
import { checkResource } from './resource.ts'

/** Files, directories and links: what holds for each, and between them as one set of paths. */
export function checkStorage(config: Draft<Config>, minor: number, report: Report): void {
  const { files = [], directories = [], links = [] } = config.storage ?? {}
  each(directories, 'directories', (directory, path) => {
    checkNode(directory, path, report)
    checkMode(directory.mode, path, minor, report)
  })
  each(files, 'files', (file, path) => checkFile(file, path, minor, report))
  each(links, 'links', (link, path) => {
    checkNode(link, path, report)
    checkLink(link, path, directories, report)
  })
  const nodes = nodesOf(config)
  checkDuplicates(nodes, report)
  checkWaysThroughLinks(nodes, links, report)
  checkUnitPaths(nodes, config, report)
}

type Node = { readonly path: string; readonly at: Path }

function each<T>(
  items: readonly (T | undefined)[],
  section: string,
  visit: (item: T, path: Path) => void,
): void {
  items.forEach((item, index) => {
    if (item !== undefined) visit(item, ['storage', section, index])
  })
}

function nodesOf({ storage = {} }: Draft<Config>): Node[] {
  const nodes: Node[] = []
  for (const section of ['directories', 'files', 'links'] as const)
    each<{ readonly path?: string | undefined }>(
      storage[section] ?? [],
      section,
      ({ path }, at) => {
        if (path !== undefined) nodes.push({ path, at: [...at, 'path'] })
      },
    )
  return nodes
}

function checkNode(node: Draft<File | Directory | Link>, path: Path, report: Report): void {
  const mistake = node.path === undefined ? undefined : pathMistake(node.path)
  if (mistake !== undefined)
    report(
      'error',
      [...path, 'path'],
      mistake,
      'an absolute path without //, ., .. or a slash at its end',
    )
  checkOwner(node.user, [...path, 'user'], report)
  checkOwner(node.group, [...path, 'group'], report)
}

/** The kernel keeps 2^32 - 1 for "unchanged". */
const highestId = 2 ** 32 - 2

function checkOwner(owner: Draft<Owner> | undefined, path: Path, report: Report): void {
  const { id, name } = owner ?? {}
  if (id !== undefined && name !== undefined && name !== '')
    report('error', path, 'both id and name are given', 'one of them')
  if (id !== undefined && (id < 0 || id > highestId))
    report('error', [...path, 'id'], 'the id is out of range', `0 to ${highestId}`)
}

function checkMode(mode: number | undefined, path: Path, minor: number, report: Report): void {
  if (mode === undefined) return
  const here = [...path, 'mode']
  const octal = mode.toString(8)
  if (mode < 0 || mode > 0o7777)
    report('error', here, 'the mode is out of range', '0 to 4095, which is 07777 in octal')
  else if (/^[0-7]{3}$/.test(String(mode)) && (mode & 0o7000) !== 0) {
    const meant = Number.parseInt(String(mode), 8)
    report('warning', here, `${mode} is 0${octal} in octal`, `${meant} if 0${mode} is meant`)
  } else if (minor < 6 && (mode & 0o7000) !== 0)
    report(
      'warning',
      here,
      'the setuid, setgid and sticky bits have no effect',
      'version 3.6.0 for them',
    )
}

function checkFile(file: Draft<File>, path: Path, minor: number, report: Report): void {
  checkNode(file, path, report)
  checkMode(file.mode, path, minor, report)
  if (file.overwrite === true && file.contents?.source === undefined)
    report(
      'error',
      [...path, 'overwrite'],
      'overwrite without contents.source',
      'false, or a source',
    )
  if (file.contents !== undefined)
    checkResource(file.contents, [...path, 'contents'], minor, report)
  file.append?.forEach((resource, index) => {
    if (resource === undefined) return
    const here = [...path, 'append', index]
    checkResource(resource, here, minor, report)
    if (resource.source === undefined)
      report('error', here, 'there is nothing to append', 'a source')
  })
}

function checkLink(
  link: Draft<Link>,
  path: Path,
  directories: readonly (Draft<Directory> | undefined)[],
  report: Report,
): void {
  if (link.target === undefined || link.target === '') {
    report('error', path, 'the link has no target', 'a target')
    return
  }
  if (link.target.includes('\0'))
    report('error', [...path, 'target'], 'the target has a NUL character', 'a path')
  if (link.hard !== true) return
  const target = cleanPath(link.target)
  if (directories.some((directory) => directory?.path === target))
    report('error', [...path, 'target'], 'a hard link to a directory', 'the path of a file')
  for (const owner of ['user', 'group'] as const)
    for (const key of ['id', 'name'] as const)
      if (link[owner]?.[key] !== undefined)
        report('warning', [...path, owner, key], 'a hard link has the owner of its target')
}

function checkDuplicates(nodes: readonly Node[], report: Report): void {
  const seen = new Set<string>()
  for (const { path, at } of nodes) {
    if (seen.has(path))
      report('error', at, 'the path is declared twice', 'one file, directory or link for a path')
    seen.add(path)
  }
}

function checkWaysThroughLinks(
  nodes: readonly Node[],
  links: readonly (Draft<Link> | undefined)[],
  report: Report,
): void {
  const linkPaths = new Set(links.flatMap((link) => link?.path ?? []))
  for (const { path, at } of nodes) {
    const steps = path.split('/')
    const through = steps
      .map((_, index) => steps.slice(0, index).join('/'))
      .find((ancestor) => linkPaths.has(ancestor))
    if (through !== undefined)
      report(
        'error',
        at,
        `the path goes through ${through}, a link of this config`,
        'the real path',
      )
  }
}

function checkUnitPaths(nodes: readonly Node[], config: Draft<Config>, report: Report): void {
  const unitPaths = new Set<string>()
  for (const unit of config.systemd?.units ?? []) {
    if (unit?.name === undefined) continue
    const path = `/etc/systemd/system/${unit.name}`
    if (unit.contents) unitPaths.add(path)
    for (const dropin of unit.dropins ?? [])
      if (dropin?.name !== undefined && dropin.contents) unitPaths.add(`${path}.d/${dropin.name}`)
  }
  for (const { path, at } of nodes)
    if (unitPaths.has(path))
      report('error', at, 'systemd.units writes this path too', 'one of them')
}
