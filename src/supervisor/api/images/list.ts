import { engineErrors } from '../../../errors/engine.ts'
import { familiar } from '../../images/reference.ts'
import type { ImageStore } from '../../images/store.ts'
import { findStored, type StoredImage } from '../../images/stored-image.ts'
import { type Filters, filterFlag, matchesLabels, parseFilters } from '../filters.ts'
import { type ApiRequest, flag, sendJson } from '../request.ts'
import { createdSeconds } from './config-fields.ts'
import { matchesName } from './match-name.ts'
import { type Sizes, sizesOf } from './sizes.ts'
import { untilSeconds } from './until.ts'

const filterNames = ['dangling', 'label', 'before', 'since', 'reference', 'until'] as const

/** `GET /images/json`. */
export async function listImages({ context, query, response }: ApiRequest): Promise<void> {
  const filters = parseFilters(query, filterNames)
  const { localImages } = context.supervisor
  const { store } = localImages
  const images = await localImages.list()
  const sizes = await sizesOf(store, images)
  const shared = flag(query, 'shared-size')
  const shown = images
    .filter((image) => matches(store, images, image, filters))
    .map((image) => onlyNamed(image, filters.get('reference') ?? []))
    .filter((image) => image !== undefined)
    .toSorted((a, b) => createdSeconds(store, b) - createdSeconds(store, a))
  sendJson(
    response,
    shown.map((image) => imageSummary(store, image, sizes, { shared })),
  )
}

/** An image in `GET /images/json`; what is not asked for is -1. */
export function imageSummary(
  store: ImageStore,
  image: StoredImage,
  { ofImages, shared: sharedSizes }: Sizes,
  { shared, containers = -1 }: { readonly shared: boolean; readonly containers?: number },
): object {
  const { Labels } = store.imageOf(image).config.config
  return {
    Containers: containers,
    Created: createdSeconds(store, image),
    Id: image.id,
    Labels: Labels ?? null,
    ParentId: '',
    RepoDigests: image.digests.map(familiar),
    RepoTags: image.tags.map(familiar),
    SharedSize: shared ? (sharedSizes.get(image.id) ?? 0) : -1,
    Size: ofImages.get(image.id) ?? 0,
  }
}

function matches(
  store: ImageStore,
  images: readonly StoredImage[],
  image: StoredImage,
  filters: Filters,
): boolean {
  const created = createdSeconds(store, image)
  const timeOf = (wanted: string) => {
    const other = findStored(images, wanted)
    if (other === undefined)
      throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_IMAGE', { image: wanted })
    return createdSeconds(store, other)
  }
  const until = untilSeconds(filters)
  const wantsDangling = filterFlag(filters, 'dangling')
  return (
    (wantsDangling === undefined || wantsDangling === (image.tags.length === 0)) &&
    matchesLabels(filters.get('label') ?? [], store.imageOf(image).config.config.Labels ?? {}) &&
    (filters.get('before') ?? []).every((wanted) => created < timeOf(wanted)) &&
    (filters.get('since') ?? []).every((wanted) => created > timeOf(wanted)) &&
    (until === undefined || created <= until)
  )
}

/** With a filter by name, only the names that fit it are shown, and images that have one. */
function onlyNamed(image: StoredImage, patterns: readonly string[]): StoredImage | undefined {
  if (patterns.length === 0) return image
  const fits = (name: string) => patterns.some((pattern) => matchesName(pattern, name))
  const [tags, digests] = [image.tags.filter(fits), image.digests.filter(fits)]
  return tags.length + digests.length === 0 ? undefined : { ...image, tags, digests }
}
