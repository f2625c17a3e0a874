import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { Workshop } from '../../../release/testing/workshop.ts'
import { type ClientOptions, ReleaseClient } from '../client.ts'
import type { Limits } from '../limits.ts'
import { type StaticServer, startStaticServer } from './static-server.ts'

export const dayMs = 24 * 3600_000

/** A repository with releases, the server of it, and a host that trusts its first root. */
export type World = {
  readonly workshop: Workshop
  readonly server: StaticServer
  readonly rootFile: string
  readonly cacheDirectory: string
  /** A host's client as it is after a start, over the cache that it has. */
  client(changes?: Partial<ClientOptions>): ReleaseClient
}

/** Patience for tests: little. */
export const shortLimits: Partial<Limits> = {
  timeouts: { connectMs: 2000, headersMs: 1000, stallMs: 1000 },
  retryPolicy: { attempts: 2, firstDelayMs: 1, maximumDelayMs: 2, maximumRetryAfterMs: 10 },
  smallFileMs: 2_500,
  progress: { bytes: 10_000, periodMs: 200 },
}

export async function openWorld(context: TestContext, versions = ['1.0.0']): Promise<World> {
  const workshop = await Workshop.open(context)
  for (const version of versions) await workshop.release(version)
  const rootFile = join(workshop.directory, 'root.json')
  await copyFile(join(workshop.keys, '1.root.json'), rootFile)
  const server = await startStaticServer(context, workshop.served)
  const cacheDirectory = join(workshop.directory, 'cache')
  return {
    workshop,
    server,
    rootFile,
    cacheDirectory,
    client: ({ limits, ...changes } = {}) => {
      const client = new ReleaseClient({
        url: server.url,
        rootFile,
        cacheDirectory,
        now: () => workshop.now,
        limits: { ...shortLimits, ...limits },
        ...changes,
      })
      context.after(() => client.close())
      return client
    },
  }
}
