import type { Config, Directory, File, Link, Owner } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { checkLinks } from './links.ts'
import { checkMode } from './mode.ts'
import { checkPath } from './paths.ts'
import { checkResource } from './resource.ts'

/** What holds for each file, directory and link by itself. */
export function checkNodes(config: Draft<Config>, minor: number, report: Report): void {
  const { files = [], directories = [], links = [] } = config.storage ?? {}
  directories.forEach((directory, index) => {
    if (directory === undefined) return
    const path = ['storage', 'directories', index]
    checkNode(directory, path, report)
    checkMode(directory.mode, [...path, 'mode'], minor, report)
  })
  files.forEach((file, index) => {
    if (file !== undefined) checkFile(file, ['storage', 'files', index], minor, report)
  })
  links.forEach((link, index) => {
    if (link !== undefined) checkNode(link, ['storage', 'links', index], report)
  })
  checkLinks(links, directories, minor, report)
}

function checkNode(node: Draft<File | Directory | Link>, path: Path, report: Report): void {
  checkPath(node.path, [...path, 'path'], report)
  checkOwner(node.user, [...path, 'user'], report)
  checkOwner(node.group, [...path, 'group'], report)
}

/** The kernel keeps 2^32 - 1 for "unchanged". */
const highestId = 2 ** 32 - 2

function checkOwner(owner: Draft<Owner> | undefined, path: Path, report: Report): void {
  const { id, name } = owner ?? {}
  if (id !== undefined && name !== undefined && name !== '') report('IGNITION_ID_AND_NAME', path)
  if (id !== undefined && (id < 0 || id > highestId))
    report('IGNITION_ID_RANGE', [...path, 'id'], { highest: highestId })
}

function checkFile(file: Draft<File>, path: Path, minor: number, report: Report): void {
  checkNode(file, path, report)
  checkMode(file.mode, [...path, 'mode'], minor, report)
  if (file.overwrite === true && file.contents?.source === undefined)
    report('IGNITION_OVERWRITE_WITHOUT_SOURCE', [...path, 'overwrite'])
  if (file.contents !== undefined)
    checkResource(file.contents, [...path, 'contents'], minor, report)
  file.append?.forEach((resource, index) => {
    if (resource === undefined) return
    const here = [...path, 'append', index]
    checkResource(resource, here, minor, report)
    if (resource.source === undefined) report('IGNITION_APPEND_WITHOUT_SOURCE', here)
  })
}
