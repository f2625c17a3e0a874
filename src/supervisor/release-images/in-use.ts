import type { Declaration } from '../compose/directory.ts'
import type { Container } from '../containers/container.ts'
import { diffIdOf } from '../images/layer-store.ts'
import { formatReference, parseReference } from '../images/reference.ts'
import { canonicalName } from '../images/stored-image.ts'

/** What containers need, whatever releases say: canonical references, and diff IDs. */
export type InUse = { readonly references: ReadonlySet<string>; readonly layers: readonly string[] }

/** The images of what is declared and of what there are containers of. */
export function imagesInUse(
  containers: readonly Pick<Container, 'image'>[],
  { projects }: Pick<Declaration, 'projects'>,
): InUse {
  const declared = projects.flatMap(({ services }) => services.map(({ image }) => image))
  const references = [...containers.map(({ image }) => image.reference), ...declared]
  return {
    references: new Set(references.map((text) => formatReference(parseReference(text)))),
    layers: containers.flatMap(({ image }) => image.layers.map(diffIdOf)),
  }
}

/** Which Compose file needs an image by which canonical name. */
export function heldByFiles({
  projects,
}: Pick<Declaration, 'projects'>): ReadonlyMap<string, string> {
  return new Map(
    projects.flatMap(({ services, file }) =>
      services.map(({ image }) => [canonicalName(image), file]),
    ),
  )
}
