import { posix } from 'node:path'
import { suggestion } from '../../checked-yaml/wording.ts'
import { type ContainerMount, type Propagation, propagations } from '../containers/spec.ts'
import type { DeclaredVolumes } from './volumes.ts'

/** What a mount may refer to. */
export type VolumeNames = {
  readonly volumes: DeclaredVolumes
  /** What relative paths are relative to. */
  readonly directory: string
}

/**
 * Compose's short syntax, `SOURCE:TARGET[:OPTIONS]`: a SOURCE with a slash first, or `./`, is a path of the host, any
 * other the name of a declared volume. Throws a RangeError.
 */
export function parseMount(text: string, names: VolumeNames): ContainerMount {
  const [source = '', target, options = '', ...more] = text.split(':')
  if (target === undefined || more.length > 0)
    throw new RangeError(`expected SOURCE:TARGET[:OPTIONS], found "${text}"`)
  const { readOnly, propagation } = parseOptions(options)
  return {
    ...mountSource(source, names),
    target: absolutePath(target),
    readOnly,
    propagation,
  }
}

/** Where a mount comes from; throws a RangeError. */
export function mountSource(
  source: string,
  { volumes, directory }: VolumeNames,
): Pick<ContainerMount, 'type' | 'source' | 'labels'> {
  if (source.startsWith('/')) return { type: 'bind', source: absolutePath(source) }
  if (/^\.{1,2}(?:\/|$)/.test(source))
    return { type: 'bind', source: posix.resolve(directory, source) }
  if (/^[.~]/.test(source))
    throw new RangeError(`expected a path that begins with / or ./, found "${source}"`)
  const volume = volumes.get(source)
  if (volume === undefined)
    throw new RangeError(
      volumes.size === 0
        ? `the volume "${source}" is not declared: add it under the top-level key volumes`
        : `the volume "${source}" is not declared; ${suggestion(source, [...volumes.keys()])}`,
    )
  const { name, labels } = volume
  return { type: 'volume', source: name, ...(labels === undefined ? {} : { labels }) }
}

/** A normal absolute path; throws a RangeError. */
export function absolutePath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0'))
    throw new RangeError(`expected an absolute path, found "${path}"`)
  if (path.split('/').includes('..')) throw new RangeError(`".." is not allowed, found "${path}"`)
  const normal = posix.normalize(path)
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal
}

/** A propagation by its name; throws a RangeError. */
export function parsePropagation(text: string): Propagation {
  const propagation = propagations.find((name) => name === text)
  if (propagation === undefined)
    throw new RangeError(`expected one of ${propagations.join(', ')}, found "${text}"`)
  return propagation
}

function parseOptions(options: string): { readOnly: boolean; propagation: Propagation } {
  let readOnly = false
  let propagation: Propagation = 'rprivate'
  for (const option of options.split(',')) {
    if (option === 'ro') readOnly = true
    else if (propagations.some((name) => name === option)) propagation = parsePropagation(option)
    else if (option !== 'rw' && option !== '' && option !== 'rbind')
      throw new RangeError(
        `unknown mount option; ${suggestion(option, ['ro', 'rw', ...propagations])}`,
      )
  }
  return { readOnly, propagation }
}
