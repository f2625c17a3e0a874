import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageDefinition } from '../src/image/definition.ts'
import type { BuiltImage } from '../src/pipeline/index.ts'
import { publishOutputs } from '../src/pipeline/publish.ts'
import { createRelease } from '../src/release/create.ts'
import { initKeys } from '../src/release/init-keys.ts'
import { defaultLifetimes } from '../src/release/lifetimes.ts'
import { publishRepository } from '../src/release/publish.ts'
import { type DirectoryServer, serveDirectory } from '../src/start/directory-server.ts'
import { HOST_SEEN_BY_GUEST } from '../src/start/registry.ts'
import { buildVariation, type Variation } from './host.ts'

export type ReleaseOptions = {
  /** With a patch from the release before, and chunks: that takes a minute or two. */
  readonly patched?: boolean
  /** stable unless told. */
  readonly channel?: string
  /** Hosts may not skip it. */
  readonly floor?: boolean
}

/** Keys, releases, and the plain HTTP server that hosts look for them at. */
export class Fleet {
  readonly #directory: string
  readonly #root: string
  readonly server: DirectoryServer
  readonly #builds = new Map<string, Promise<BuiltImage>>()

  private constructor(directory: string, root: string, server: DirectoryServer) {
    this.#directory = directory
    this.#root = root
    this.server = server
  }

  static async open(): Promise<Fleet> {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-fleet-'))
    const { root } = await initKeys({
      directory: join(directory, 'keys'),
      rootKeys: 1,
      threshold: 1,
      lifetimes: defaultLifetimes,
      passphrase: undefined,
      now: new Date(),
    })
    return new Fleet(directory, root, await serveDirectory(join(directory, 'served')))
  }

  /** The server's address as the hosts know it. */
  get url(): string {
    return urlFor(this.server)
  }

  /** One more server of the same releases: what goes wrong with it does not meet other hosts. */
  serve(): Promise<DirectoryServer> {
    return serveDirectory(join(this.#directory, 'served'))
  }

  /** The variation that trusts this fleet's releases. */
  trusting({ change = (same) => same, ...same }: Variation): Variation {
    const trust = (definition: ImageDefinition): ImageDefinition => ({
      ...change(definition),
      updates: { root: this.#root },
    })
    return { ...same, change: trust }
  }

  /**
   * Builds a release, signs it and puts it where hosts look. A version that another channel has is only added to
   * this one. Gives what was built.
   */
  async release(
    variation: Variation,
    { patched = false, channel = 'stable', floor = false }: ReleaseOptions = {},
  ): Promise<BuiltImage> {
    const built = await this.#build(variation)
    const build = join(this.#directory, 'build', built.version)
    await publishOutputs(built, build)
    const repository = join(this.#directory, 'repository')
    const { signal } = new AbortController()
    await createRelease({
      image: variation.name ?? 'qemu',
      channel,
      build,
      repository,
      places: { directory: join(this.#directory, 'keys') },
      floor,
      ...(!patched && { deltaFrom: 'none' as const }),
      lifetimes: defaultLifetimes,
      now: new Date(),
      signal,
    })
    await publishRepository({ repository, directory: join(this.#directory, 'served'), signal })
    return built
  }

  /** Each version once: its content must not change with the checkout while tests run. */
  #build(variation: Variation): Promise<BuiltImage> {
    const { version = '' } = variation
    const building = this.#builds.get(version) ?? buildVariation(this.trusting(variation))
    this.#builds.set(version, building)
    return building
  }

  async close(): Promise<void> {
    await this.server.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** A server's address as the hosts know it. */
export function urlFor({ port }: Pick<DirectoryServer, 'port'>): string {
  return `http://${HOST_SEEN_BY_GUEST}:${port}/`
}
