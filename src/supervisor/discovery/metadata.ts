import type { Container } from '../containers/container.ts'
import { labelsOf } from '../containers/labels.ts'

/** What a container says of itself as a service. */
export type Metadata = {
  /** By names in lower case without `SERVICE_`. */
  readonly said: Readonly<Record<string, string>>
  /** The name that the port has for itself. */
  readonly portName: string
}

/**
 * What the environment and then the labels of a container say in registrator's words: `SERVICE_x`, and
 * `SERVICE_<port>_x` for this port, which wins.
 */
export function metadataOf(
  container: Pick<Container, 'spec' | 'image' | 'origin'>,
  port: number,
): Metadata {
  const ofAll: Record<string, string> = {}
  const ofPort: Record<string, string> = {}
  for (const [name, value] of said(container)) {
    const [, number, rest = ''] = /^(\d+)_(.+)$/.exec(name) ?? []
    if (number === undefined) ofAll[name] = value
    else if (Number(number) === port) ofPort[rest] = value
  }
  return { said: { ...ofAll, ...ofPort }, portName: ofPort.name ?? '' }
}

/** The names that a container gives to its ports: containers on its networks find it by them as well. */
export function serviceNames(container: Pick<Container, 'spec' | 'image' | 'origin'>): string[] {
  const entries = said(container)
  if (entries.some(([name, value]) => name === 'ignore' && value !== '')) return []
  return entries
    .filter(([name]) => /^(?:\d+_)?name$/.test(name))
    .map(([, name]) => name)
    .filter(isHostName)
}

function said({
  spec,
  image,
  origin,
}: Pick<Container, 'spec' | 'image' | 'origin'>): [name: string, value: string][] {
  const variables = [...(image.config.Env ?? []), ...spec.environment].map((assignment) => {
    const equals = assignment.indexOf('=')
    return [assignment.slice(0, Math.max(equals, 0)), assignment.slice(equals + 1)] as const
  })
  return [...variables, ...Object.entries(labelsOf({ spec, image, origin }))].flatMap(
    ([name, value]) =>
      name.startsWith('SERVICE_') ? [[name.slice('SERVICE_'.length).toLowerCase(), value]] : [],
  )
}

/** Dot-separated labels of RFC 1123. */
function isHostName(name: string): boolean {
  return (
    name.length <= 253 &&
    name.split('.').every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
  )
}
