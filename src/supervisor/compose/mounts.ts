import { posix } from 'node:path'
import { suggestion } from '../../checked-yaml/wording.ts'
import { type ContainerMount, type Propagation, propagations } from '../containers/spec.ts'

/** What a mount may refer to. */
export type VolumeNames = { readonly project: string; readonly volumes: readonly string[] }

/**
 * Compose's short syntax, `SOURCE:TARGET[:OPTIONS]`: an absolute SOURCE is a path of the host, any
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
  { project, volumes }: VolumeNames,
): Pick<ContainerMount, 'type' | 'source'> {
  if (source.startsWith('/')) return { type: 'bind', source: absolutePath(source) }
  if (/^[.~]/.test(source))
    throw new RangeError(`expected an absolute path of the host, found "${source}"`)
  if (!volumes.includes(source))
    throw new RangeError(
      volumes.length === 0
        ? `the volume "${source}" is not declared: add it under the top-level key volumes`
        : `the volume "${source}" is not declared; ${suggestion(source, volumes)}`,
    )
  return { type: 'volume', source: `${project}_${source}` }
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
