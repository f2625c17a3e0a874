import { lstatSync, mkdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ignitionErrors } from '../../errors/ignition.ts'

/**
 * The directory that becomes the host's root. Paths of a config are resolved as they would be on
 * that host: links lead to where they will lead then, and never out of the directory.
 */
export class TargetRoot {
  readonly directory: string

  constructor(directory: string) {
    this.directory = realpathSync(directory)
  }

  /**
   * Where an absolute path of the host is now. Links in its parents are followed; one at its end
   * only if `followLast`. Parents may be missing.
   */
  resolve(path: string, { followLast = false } = {}): string {
    const pending = path.split('/')
    let resolved: string[] = []
    let links = 0
    for (let step = pending.shift(); step !== undefined; step = pending.shift()) {
      if (step === '' || step === '.') continue
      if (step === '..') {
        resolved.pop()
        continue
      }
      const rest = pending.some((each) => each !== '' && each !== '.')
      const here = join(this.directory, ...resolved, step)
      const stats = lstatIfExists(here)
      if (stats?.isSymbolicLink() && (rest || followLast)) {
        if (++links > 40) throw ignitionErrors.error('SLIPWAY_IGNITION_LINK_LOOP', { path })
        const target = readlinkSync(here)
        if (target.startsWith('/')) resolved = []
        pending.unshift(...target.split('/'))
        continue
      }
      if (stats !== undefined && rest && !stats.isDirectory()) throw notDirectory(path, step)
      resolved.push(step)
    }
    return join(this.directory, ...resolved)
  }

  /** The path that the host will have for something resolved here. */
  hostPath(resolved: string): string {
    return join('/', relative(this.directory, resolved))
  }

  /** Makes the missing parents of a resolved path, 0755; tells each directory that got an entry. */
  makeParents(resolved: string, onChange: (directory: string) => void): void {
    const parent = dirname(resolved)
    const stats = lstatIfExists(parent)
    if (stats?.isDirectory()) return
    if (stats !== undefined) throw notDirectory(this.hostPath(resolved), this.hostPath(parent))
    this.makeParents(parent, onChange)
    mkdirSync(parent, 0o755)
    onChange(dirname(parent))
  }
}

export function lstatIfExists(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

function notDirectory(path: string, step: string) {
  const reason = `${step} in it is not a directory`
  return ignitionErrors.error('SLIPWAY_IGNITION_NODE_FAILED', { path, reason })
}
