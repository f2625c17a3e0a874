import type { ImageSet, KeptSet, ReleaseImages } from './image-set.ts'

/** Which releases a host has or is about to have. */
export type Wanted = {
  /** The release that runs, if it brings images. */
  readonly running: ImageSet | undefined
  /** The one that is being taken. */
  readonly taken: ImageSet
  /** Versions of others that can still be booted: that of the free slot, until it is written. */
  readonly bootable: readonly string[]
}

export type KeptSets = {
  readonly kept: readonly KeptSet[]
  /** References of releases that can no longer be booted, and of no other. */
  readonly dropped: readonly string[]
}

/**
 * Which images stay for their releases, and which need not any more. `inUse` are references that
 * containers need: of a release that is gone these stay until `stillKept` finds them free.
 */
export function keptSets(
  known: readonly ImageSet[],
  { running, taken, bootable }: Wanted,
  inUse: ReadonlySet<string>,
): KeptSets {
  const first = running === undefined ? [taken] : [running, taken]
  const others = known.filter(({ version }) => !first.some((each) => each.version === version))
  const whole = [...first, ...others.filter(({ version }) => bootable.includes(version))]
  const needed = referencesOf(whole)
  const leftovers = known
    .filter((set) => !whole.includes(set))
    .map(({ version, images }) => ({
      version,
      images: only(images, (reference) => inUse.has(reference) && !needed.has(reference)),
      gone: true as const,
    }))
    .filter(({ images }) => Object.keys(images).length > 0)
  return without(known, [...whole.map(present), ...leftovers])
}

/** The same sets, but of releases that are gone only what containers still need. */
export function stillKept(known: readonly KeptSet[], inUse: ReadonlySet<string>): KeptSets {
  const kept = known
    .map((set) =>
      set.gone === undefined
        ? set
        : { ...set, images: only(set.images, (reference) => inUse.has(reference)) },
    )
    .filter(({ gone, images }) => gone === undefined || Object.keys(images).length > 0)
  return without(known, kept)
}

/** A release that is taken again is not gone any more. */
function present({ version, images }: ImageSet): KeptSet {
  return { version, images }
}

function without(known: readonly ImageSet[], kept: readonly KeptSet[]): KeptSets {
  const spared = referencesOf(kept)
  return { kept, dropped: [...referencesOf(known)].filter((reference) => !spared.has(reference)) }
}

function referencesOf(sets: readonly ImageSet[]): ReadonlySet<string> {
  return new Set(sets.flatMap(({ images }) => Object.values(images)))
}

function only(images: ReleaseImages, keep: (reference: string) => boolean): ReleaseImages {
  return Object.fromEntries(Object.entries(images).filter(([, reference]) => keep(reference)))
}
