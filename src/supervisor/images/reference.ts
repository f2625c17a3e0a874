import { imagesErrors } from '../../errors/images.ts'
import { isDigest } from './digest.ts'
import type { Reference } from './types.ts'

const defaultRegistry = 'docker.io'
const maximumRepositoryLength = 255

/**
 * Parses an image reference as the docker command line does (grammar of the distribution project's
 * `reference` package): `busybox` means `docker.io/library/busybox:latest`.
 *
 * @throws SLIPWAY_IMAGES_REFERENCE_INVALID
 */
export function parseReference(text: string): Reference {
  const [beforeDigest, digest] = splitOnce(text, '@')
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(text, `"${digest}" is not a digest`)
  }
  const { name, tag } = splitTag(beforeDigest)
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) {
    throw invalid(text, `"${tag}" is not a tag`)
  }
  const { registry, repository } = splitRegistry(name)
  checkNames(text, registry, repository)
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: 'latest' } : {}),
    ...(digest !== undefined ? { digest } : {}),
  }
}

/** The canonical text of a reference; `parseReference` gives the same value back. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** The repository of a canonical reference, without tag and digest. */
export function repositoryOf(canonical: string): string {
  const { registry, repository } = parseReference(canonical)
  return `${registry}/${repository}`
}

/** A canonical reference as people write it: `busybox:latest` for `docker.io/library/busybox:latest`. */
export function familiar(canonical: string): string {
  return canonical.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, '')
}

function splitTag(text: string): { name: string; tag: string | undefined } {
  const colon = text.lastIndexOf(':')
  if (colon === -1 || text.indexOf('/', colon) !== -1) return { name: text, tag: undefined }
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) }
}

/** The first component is a registry only if it cannot be a part of a repository's name. */
function splitRegistry(name: string): { registry: string; repository: string } {
  const [first, rest] = splitOnce(name, '/')
  const named =
    rest !== undefined && (/[.:]/.test(first) || first === 'localhost' || /[A-Z]/.test(first))
  const registry = named ? first : defaultRegistry
  const path = named ? rest : name
  if (registry !== defaultRegistry && registry !== 'index.docker.io') {
    return { registry, repository: path }
  }
  return { registry: defaultRegistry, repository: path.includes('/') ? path : `library/${path}` }
}

function checkNames(text: string, registry: string, repository: string): void {
  const host =
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/
  if (!host.test(registry)) throw invalid(text, `"${registry}" is not the name of a registry`)
  const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
  if (!new RegExp(`^${component}(?:/${component})*$`).test(repository)) {
    const reason = /[A-Z]/.test(repository)
      ? 'names are in lower case'
      : `"${repository}" is not a repository`
    throw invalid(text, reason)
  }
  if (repository.length > maximumRepositoryLength) throw invalid(text, 'the name is too long')
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function invalid(reference: string, reason: string) {
  return imagesErrors.error('SLIPWAY_IMAGES_REFERENCE_INVALID', { reference, reason })
}
