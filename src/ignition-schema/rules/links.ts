import type { Directory, Link } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { cleanPath } from './paths.ts'

/** Targets of links, and what hard links cannot do. */
export function checkLinks(
  links: readonly (Draft<Link> | undefined)[],
  directories: readonly (Draft<Directory> | undefined)[],
  minor: number,
  report: Report,
): void {
  const directoryPaths = new Set(directories.map((directory) => directory?.path))
  links.forEach((link, index) => {
    if (link !== undefined)
      checkLink(link, ['storage', 'links', index], directoryPaths, minor, report)
  })
}

function checkLink(
  link: Draft<Link>,
  path: Path,
  directoryPaths: ReadonlySet<string | undefined>,
  minor: number,
  report: Report,
): void {
  const { target } = link
  if (target === undefined || target === '') {
    // Up to 3.2.0 a missing one was reported with the types, since the field had to be there.
    if (target === '' || minor > 2) report('IGNITION_LINK_TARGET', path)
    return
  }
  if (target.includes('\0')) report('IGNITION_LINK_TARGET_NUL', [...path, 'target'])
  if (link.hard === true) checkHardLink(link, target, path, directoryPaths, report)
}

function checkHardLink(
  link: Draft<Link>,
  target: string,
  path: Path,
  directoryPaths: ReadonlySet<string | undefined>,
  report: Report,
): void {
  // As the reference does, which takes the link's own path for a directory here.
  const from = target.startsWith('/') ? '' : `${link.path ?? ''}/`
  if (directoryPaths.has(cleanPath(from + target)))
    report('IGNITION_HARD_LINK_TO_DIRECTORY', [...path, 'target'])
  for (const owner of ['user', 'group'] as const)
    for (const key of ['id', 'name'] as const)
      if (link[owner]?.[key] !== undefined)
        report('IGNITION_HARD_LINK_OWNER', [...path, owner, key])
}
