import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageDefinition } from '../src/image/definition.ts'
import type { BuiltImage } from '../src/pipeline/index.ts'
import { publishOutputs } from '../src/pipeline/publish.ts'
import { createRelease } from '../src/release/create.ts'
import { initKeys } from '../src/release/init-keys.ts'
import { defaultLifetimes } from '../src/release/lifetimes.ts'
import { publishRepository } from '../src/release/publish.ts'
import { HOST_SEEN_BY_GUEST } from '../src/start/registry.ts'
import { buildVariation, type Variation } from './host.ts'

/** Keys, releases, and the plain HTTP server that hosts look for them at. */
export class Fleet {
  readonly #directory: string
  readonly #root: string
  readonly #server: ReturnType<typeof createServer>

  private constructor(directory: string, root: string) {
    this.#directory = directory
    this.#root = root
    this.#server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://fleet').pathname
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const file = join(directory, 'served', path)
      stat(file).then(
        ({ size }) => {
          const range = { 'Content-Range': `bytes ${start}-${size - 1}/${size}` }
          const length = { 'Content-Length': size - start }
          response.writeHead(start > 0 ? 206 : 200, { ...length, ...(start > 0 && range) })
          createReadStream(file, { start }).pipe(response)
        },
        () => response.writeHead(404).end(),
      )
    })
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
    const fleet = new Fleet(directory, root)
    fleet.#server.listen(0, '127.0.0.1')
    await once(fleet.#server, 'listening')
    return fleet
  }

  /** The server's address as the hosts know it. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://${HOST_SEEN_BY_GUEST}:${port}/`
  }

  /** The variation that trusts this fleet's releases. */
  trusting({ version, change = (same) => same }: Variation): Variation {
    const trust = (definition: ImageDefinition): ImageDefinition => ({
      ...change(definition),
      updates: { root: this.#root },
    })
    return { change: trust, ...(version !== undefined && { version }) }
  }

  /**
   * Builds a release, signs it and puts it where hosts look; with a patch from the release before, which takes
   * a minute, or without. Gives what was built.
   */
  async release(variation: Variation, { patched }: { patched: boolean }): Promise<BuiltImage> {
    const built = await buildVariation(this.trusting(variation))
    const build = join(this.#directory, 'build', built.version)
    await publishOutputs(built, build)
    const repository = join(this.#directory, 'repository')
    const { signal } = new AbortController()
    await createRelease({
      image: 'qemu',
      channel: 'stable',
      build,
      repository,
      places: { directory: join(this.#directory, 'keys') },
      floor: false,
      ...(!patched && { deltaFrom: 'none' as const }),
      lifetimes: defaultLifetimes,
      now: new Date(),
      signal,
    })
    await publishRepository({ repository, directory: join(this.#directory, 'served'), signal })
    return built
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
