import { engineErrors } from '../../errors/engine.ts'
import type { Container } from '../containers/container.ts'

/**
 * Throws SLIPWAY_ENGINE_READ_ONLY for a path, without links, of a root or a volume that the container
 * cannot write to. The mounts themselves refuse as well; this says why.
 */
export function checkWritable({ spec }: Pick<Container, 'spec'>, path: string): void {
  const mount = spec.mounts
    .filter(({ target }) => path === target || path.startsWith(`${target.replace(/\/+$/, '')}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0]
  if (mount?.readOnly === true)
    throw engineErrors.error('SLIPWAY_ENGINE_READ_ONLY', { what: 'mounted volume' })
  if (mount === undefined && spec.security?.readOnlyRoot === true)
    throw engineErrors.error('SLIPWAY_ENGINE_READ_ONLY', { what: 'container rootfs' })
}
