import { readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { isSlipwayError } from '../../errors/error.ts'
import { lstatIfExists, type TargetRoot } from './target-root.ts'

/** Where systemd looks for units of the host (systemd.unit(5)), the first that has one wins. */
const unitPath = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
] as const

/** A unit as the target root has it. */
export type FoundUnit = {
  /** The host's path of the file. */
  readonly path: string
  readonly isMasked: boolean
  /** The unit that this is another name of. */
  readonly aliasOf?: string
  /** Undefined for what is masked or cannot be read. */
  readonly text?: string
}

/** Finds a unit, or for an instance without a file of its own its template. */
export function findUnit(name: string, root: TargetRoot): FoundUnit | undefined {
  const template = templateOf(name)
  return findFile(name, root) ?? (template === undefined ? undefined : findFile(template, root))
}

/** `a@.service` for `a@b.service`; undefined for what is no instance. */
export function templateOf(name: string): string | undefined {
  const [, prefix, type] = /^([^@]+@).+(\.[a-z]+)$/.exec(name) ?? []
  return prefix === undefined ? undefined : `${prefix}${type}`
}

function findFile(name: string, root: TargetRoot): FoundUnit | undefined {
  for (const directory of unitPath) {
    const path = `${directory}/${name}`
    const place = root.resolve(path)
    const stats = lstatIfExists(place)
    if (stats === undefined) continue
    const target = stats.isSymbolicLink() ? readlinkSync(place) : undefined
    if (target === '/dev/null') return { path, isMasked: true }
    const text = readIfFile(path, root)
    const alias =
      target === undefined || basename(target) === name ? {} : { aliasOf: basename(target) }
    return { path, isMasked: false, ...alias, ...(text === undefined ? {} : { text }) }
  }
  return undefined
}

/** Undefined for a link that leads nowhere. */
function readIfFile(path: string, root: TargetRoot): string | undefined {
  try {
    const end = root.resolve(path, { followLast: true })
    return lstatIfExists(end)?.isFile() ? readFileSync(end, 'utf8') : undefined
  } catch (error) {
    if (isSlipwayError(error)) return undefined
    throw error
  }
}
