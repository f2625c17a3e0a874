import type { ImageDefinition } from '../../src/image/definition.ts'

/** An image as it was before an update, by what is older in it than in the newest one. */
export type OlderState = {
  /** Lower than that of the newest one, and in the order in which they are released. */
  readonly version: string
  readonly title: string
  /** Packages that are older, by how their names begin: those whose versions the title gets. */
  readonly older: readonly string[]
  readonly change: (definition: ImageDefinition) => ImageDefinition
  /** The host's code is older by a statement. */
  readonly olderCode?: true
}

export const newestVersion = '1.0'

/**
 * Packages that the archive serves beside the newest ones: kernels keep packages of their own, and the security
 * archive keeps what the last point release was not built with. A later archive may have them no longer.
 */
const openssl = 'libssl3t64=3.5.7-1~deb13u3'
const kernels = {
  before: 'linux-image-6.12.117+deb13-cloud-amd64',
  month: 'linux-image-6.12.113+deb13-cloud-amd64',
}

const withPackage = (name: string) => (definition: ImageDefinition) => ({
  ...definition,
  packages: [...definition.packages, name],
})

const withKernel = (name: string) => (definition: ImageDefinition) => ({
  ...definition,
  kernel: { ...definition.kernel, package: name },
})

export const olderStates: readonly OlderState[] = [
  {
    version: '0.1',
    title: 'A month',
    older: ['libssl3t64', 'linux-image-6'],
    change: (definition) => withPackage(openssl)(withKernel(kernels.month)(definition)),
    olderCode: true,
  },
  {
    version: '0.2',
    title: 'A new kernel',
    older: ['linux-image-6'],
    change: withKernel(kernels.before),
  },
  { version: '0.3', title: 'One package', older: ['libssl3t64'], change: withPackage(openssl) },
  { version: '0.4', title: 'Nothing but the version', older: [], change: (same) => same },
]

/** The title with what is older and what is newer: `One package (libssl3t64 1-1 → 1-2)`. */
export function titleOf(
  { title, older }: Pick<OlderState, 'title' | 'older'>,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string {
  const moves = older.map((start) => {
    const version = (versions: ReadonlyMap<string, string>) =>
      [...versions].find(([name]) => name.startsWith(start))?.[1] ?? 'none'
    const name = start.startsWith('linux-image') ? 'Linux' : start
    return `${name} ${version(before)} → ${version(after)}`
  })
  return moves.length === 0 ? title : `${title} (${moves.join(', ')})`
}
