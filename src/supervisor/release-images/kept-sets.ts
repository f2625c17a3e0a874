import type { ImageSet, ReleaseImages } from './image-set.ts'

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
  readonly kept: readonly ImageSet[]
  /** References of releases that can no longer be booted, and of no other. */
  readonly dropped: readonly string[]
}

/**
 * Which images stay for their releases, and which need not any more. `inUse` are references that
 * containers need: of a release that is gone these stay until a later call finds them free.
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
    }))
    .filter(({ images }) => Object.keys(images).length > 0)
  const kept = [...whole, ...leftovers]
  const spared = referencesOf(kept)
  return { kept, dropped: [...referencesOf(known)].filter((reference) => !spared.has(reference)) }
}

function referencesOf(sets: readonly ImageSet[]): ReadonlySet<string> {
  return new Set(sets.flatMap(({ images }) => Object.values(images)))
}

function only(images: ReleaseImages, keep: (reference: string) => boolean): ReleaseImages {
  return Object.fromEntries(Object.entries(images).filter(([, reference]) => keep(reference)))
}
