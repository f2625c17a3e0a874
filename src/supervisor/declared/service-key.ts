import type { Service } from '../compose/service.ts'
import type { Container, Declared } from '../containers/container.ts'

/** A container of a service that a file declares or has declared. */
export type DeclaredContainer = Container & { readonly origin: Declared }

export function isDeclared(container: Container): container is DeclaredContainer {
  return container.origin.kind === 'declared'
}

/** One text for each container that a service is to have: `project/service`, then `project/service/2`. */
export function keyOf({
  project,
  name,
  number = 1,
}: Pick<Service, 'project' | 'name' | 'number'>): string {
  return number === 1 ? `${project}/${name}` : `${project}/${name}/${number}`
}
