/** A platform as image-spec 1.1 (image-index.md) and Go's `GOOS`/`GOARCH` name it. */
export type Platform = {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** What this machine runs, by the names of image indexes. */
export function hostPlatform(architecture: string = process.arch): Platform {
  const names: Readonly<Record<string, Platform>> = {
    x64: { os: 'linux', architecture: 'amd64' },
    arm64: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    arm: { os: 'linux', architecture: 'arm', variant: 'v7' },
    riscv64: { os: 'linux', architecture: 'riscv64' },
    ppc64: { os: 'linux', architecture: 'ppc64le' },
    s390x: { os: 'linux', architecture: 's390x' },
  }
  return names[architecture] ?? { os: 'linux', architecture }
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined).join('/')
}

/** A platform as people write it, `OS/ARCHITECTURE[/VARIANT]` or one of the first two; undefined for others. */
export function parsePlatformText(text: string): Platform | undefined {
  const parts = text.toLowerCase().split('/')
  if (parts.length > 3 || !parts.every((part) => /^[a-z0-9_.-]+$/.test(part))) return undefined
  const [first = '', second, variant] = parts
  if (second === undefined)
    return first === 'linux' ? hostPlatform() : { os: 'linux', ...architectureOf(first) }
  const architecture = architectureOf(second)
  return { os: first, ...architecture, ...(variant === undefined ? {} : { variant }) }
}

/** Names that others than Go use. */
function architectureOf(name: string): { architecture: string; variant?: string } {
  const known: Readonly<Record<string, { architecture: string; variant?: string }>> = {
    x86_64: { architecture: 'amd64' },
    'x86-64': { architecture: 'amd64' },
    aarch64: { architecture: 'arm64', variant: 'v8' },
    arm64: { architecture: 'arm64', variant: 'v8' },
    armhf: { architecture: 'arm', variant: 'v7' },
    arm: { architecture: 'arm', variant: 'v7' },
  }
  return known[name] ?? { architecture: name }
}

/**
 * How well an offer fits the wish: 0 not at all, higher is better. An offer without variant fits
 * every variant; an exact variant fits best. Other variants never fit: they may use instructions
 * that this machine lacks (amd64/v3).
 */
export function platformFit(offer: Platform, wish: Platform): number {
  if (offer.os !== wish.os || offer.architecture !== wish.architecture) return 0
  if (offer.variant === wish.variant) return 2
  return offer.variant === undefined || offer.variant === baseline(offer.architecture) ? 1 : 0
}

function baseline(architecture: string): string | undefined {
  return { amd64: 'v1', arm64: 'v8', arm: 'v6' }[architecture]
}
