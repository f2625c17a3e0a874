import { engineErrors } from '../../../errors/engine.ts'
import type { Container } from '../../containers/container.ts'
import type { ApiContext } from '../context.ts'
import { HttpError } from '../http-error.ts'
import type { ApiRequest, Route } from '../request.ts'

/** What is asked of one container. */
export type ContainerRequest = ApiRequest & { readonly container: Container }

/** The answer of a route that is about the container that its path begins with. */
export function ofContainer(
  answer: (request: ContainerRequest) => void | Promise<void>,
): Route['answer'] {
  return (request) =>
    answer({ ...request, container: findContainer(request.context, request.path[0] ?? '') })
}

/**
 * Finds a container as Docker does: by id, by name, or by the beginning of its id. Throws
 * SLIPWAY_ENGINE_NO_SUCH_CONTAINER.
 */
export function findContainer(
  { supervisor }: Pick<ApiContext, 'supervisor'>,
  name: string,
): Container {
  const wanted = name.replace(/^\//, '')
  const { containers } = supervisor
  const exact = containers.find((container) => container.id === wanted || container.name === wanted)
  if (exact !== undefined) return exact
  const matches = containers.filter(({ id }) => wanted !== '' && id.startsWith(wanted))
  if (matches.length > 1)
    throw new HttpError(400, `Multiple IDs found with provided prefix: ${wanted}`)
  if (matches[0] === undefined)
    throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_CONTAINER', { name: wanted })
  return matches[0]
}

/** Throws SLIPWAY_ENGINE_DECLARED for a container that is what a Compose file says. */
export function requireCreated(container: Container): void {
  const { origin, name } = container
  if (origin.kind === 'declared')
    throw engineErrors.error('SLIPWAY_ENGINE_DECLARED', { name, file: origin.file })
}
