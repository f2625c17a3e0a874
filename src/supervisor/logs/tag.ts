import type { Container } from '../containers/container.ts'
import { shortId } from '../containers/identity.ts'

/** What a tag can say of a container, by Docker's names. */
const fields: Readonly<Record<string, (container: Container) => string>> = {
  ID: ({ id }) => shortId(id),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ image }) => image.configDigest.slice('sha256:'.length).slice(0, 12),
  ImageFullID: ({ image }) => image.configDigest,
  ImageName: ({ spec }) => spec.image,
  DaemonName: () => 'docker',
}

const marker = /\{\{\s*\.(\w+)\s*\}\}/g

/**
 * The log option `tag`: a text in which `{{.Name}}` and the like stand for what a container is called, as Docker has
 * them. Throws a RangeError for a template that is more than that.
 */
export function parseTag(text: string): string {
  const names = [...text.matchAll(marker)].map(([, name = '']) => name)
  const unknown = names.find((name) => !Object.hasOwn(fields, name))
  const known = Object.keys(fields)
    .map((name) => `{{.${name}}}`)
    .join(', ')
  if (unknown !== undefined) throw new RangeError(`expected ${known}, found "{{.${unknown}}}"`)
  if (/\{\{|\}\}/.test(text.replace(marker, '')))
    throw new RangeError(`expected a text with ${known}, found "${text}"`)
  return text
}

/** What stands in the journal's SYSLOG_IDENTIFIER and CONTAINER_TAG: the container's name unless told. */
export function tagOf(container: Container): string {
  const { tag = '{{.Name}}' } = container.spec.log ?? {}
  return tag.replace(marker, (_marker, name: string) => fields[name]?.(container) ?? '')
}
