import { engineErrors } from '../../errors/engine.ts'
import { familiar, parseReference, repositoryOf } from './reference.ts'
import { canonicalName, isBeginning, type StoredImage } from './stored-image.ts'

/** A container that was made of the image. */
export type ImageUser = { readonly id: string; readonly running: boolean }

export type RemovalRequest = {
  /** As the client named the image. */
  readonly wanted: string
  /** Stopped containers and further names do not keep the image. */
  readonly force: boolean
  readonly users: readonly ImageUser[]
  /** Who needs the image by which canonical name, whatever clients say. */
  readonly held: ReadonlyMap<string, string>
}

/** What is to be done: names to take away, each with an event of its own or not, and whether all goes. */
export type Removal = { readonly untag: readonly string[]; readonly forget: boolean }

/**
 * What the removal of an image by a name or by its id means, by Docker's rules: a name goes alone while
 * others are left; the last one takes the image with it.
 *
 * @throws SLIPWAY_ENGINE_IMAGE_CONFLICT, SLIPWAY_ENGINE_IMAGE_HELD
 */
export function planRemoval(image: StoredImage, request: RemovalRequest): Removal {
  const names = [...image.tags, ...image.digests]
  const byId = isBeginning(request.wanted, image.id) && !isName(image, request.wanted)
  const removal = byId ? byIdentifier(image, names, request) : byName(image, names, request)
  const gone = removal.forget ? names : removal.untag
  for (const name of gone) {
    const holder = request.held.get(name)
    if (holder !== undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_IMAGE_HELD', { image: familiar(name), holder })
  }
  return removal
}

function byName(image: StoredImage, names: readonly string[], request: RemovalRequest): Removal {
  const { wanted, force, users } = request
  const [user] = users
  if (!force && user !== undefined && isSingle(names))
    throw conflict(
      `unable to remove repository reference "${wanted}" (must force) - container ${short(user.id)} is using its referenced image ${short(image.id)}`,
    )
  const name = canonicalName(wanted)
  const untag = [name, ...leftDigests(image, name)]
  if (names.some((one) => !untag.includes(one))) return { untag, forget: false }
  // The name is gone by then in Docker too: what follows is only refused for containers that run.
  requireFree(image, { ...request, force: true })
  return { untag, forget: true }
}

function byIdentifier(
  image: StoredImage,
  names: readonly string[],
  request: RemovalRequest,
): Removal {
  requireFree(image, request)
  if (!request.force && !isSingle(names))
    throw conflict(
      `unable to delete ${short(image.id)} (must be forced) - image is referenced in multiple repositories`,
    )
  return { untag: names, forget: true }
}

function requireFree({ id }: StoredImage, { users, force }: RemovalRequest): void {
  const running = users.find((user) => user.running)
  if (running !== undefined)
    throw conflict(
      `unable to delete ${short(id)} (cannot be forced) - image is being used by running container ${short(running.id)}`,
    )
  const [stopped] = users
  if (stopped !== undefined && !force)
    throw conflict(
      `unable to delete ${short(id)} (must be forced) - image is being used by stopped container ${short(stopped.id)}`,
    )
}

/** Names by digest that go with the last tag of their repository. */
function leftDigests({ tags, digests }: StoredImage, name: string): string[] {
  if (parseReference(name).digest !== undefined) return []
  const repository = repositoryOf(name)
  const isHere = (other: string) => other !== name && repositoryOf(other) === repository
  return tags.some(isHere) ? [] : digests.filter(isHere)
}

/** One tag, with the digests of its repository. */
function isSingle(names: readonly string[]): boolean {
  const tags = names.filter((name) => parseReference(name).digest === undefined)
  return names.length <= 1 || (tags.length <= 1 && new Set(names.map(repositoryOf)).size === 1)
}

function isName({ tags, digests }: StoredImage, wanted: string): boolean {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(wanted)) return false
  const name = canonicalName(wanted)
  return tags.includes(name) || digests.includes(name)
}

function short(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12)
}

function conflict(reason: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_IMAGE_CONFLICT', { reason })
}
