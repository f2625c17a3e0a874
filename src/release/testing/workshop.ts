import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type CreateRequest, createRelease } from '../create.ts'
import { initKeys } from '../init-keys.ts'
import { defaultLifetimes } from '../lifetimes.ts'
import { publishRepository } from '../publish.ts'
import { refreshRepository } from '../refresh.ts'
import type { RoleName } from '../roles.ts'
import { type RotateRequest, rotateKey } from '../rotate-key.ts'

/** Where a test makes releases: keys, builds, the repository, and what is served. */
export class Workshop {
  readonly directory: string
  readonly keys: string
  readonly repository: string
  readonly served: string
  /** The time at which things are signed. */
  now = new Date()

  private constructor(directory: string) {
    this.directory = directory
    this.keys = join(directory, 'keys')
    this.repository = join(directory, 'repository')
    this.served = join(directory, 'served')
  }

  /** A workshop without keys, gone when the test ends. */
  static async empty(context: TestContext): Promise<Workshop> {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-release-'))
    context.after(() => rm(directory, { recursive: true, force: true }))
    return new Workshop(directory)
  }

  /** A workshop with keys, three of the root of which two must sign. */
  static async open(context: TestContext, now = new Date()): Promise<Workshop> {
    const workshop = await Workshop.empty(context)
    workshop.now = now
    await workshop.makeKeys(workshop.keys)
    return workshop
  }

  async makeKeys(directory: string, passphrase?: string) {
    return await initKeys({
      directory,
      rootKeys: 3,
      threshold: 2,
      lifetimes: defaultLifetimes,
      passphrase,
      now: this.now,
    })
  }

  /** What a build of this version puts out; random bytes where none are given. */
  async build(
    version: string,
    sizeBytes = 100_000,
    given: Readonly<Record<string, Buffer>> = {},
    containerImages: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    await mkdir(join(this.directory, 'builds'), { recursive: true })
    const directory = await mkdtemp(join(this.directory, 'builds', version))
    const artifacts = []
    for (const name of ['usr.erofs', 'usr.verity', 'slipway.efi', 'systemd-bootx64.efi']) {
      const bytes = given[name] ?? randomBytes(name === 'usr.erofs' ? sizeBytes : 1000)
      await writeFile(join(directory, name), bytes)
      artifacts.push({ name, sizeBytes: bytes.length, sha256: sha256(bytes) })
    }
    const image = { name: 'qemu', version, architecture: 'amd64', suite: 'trixie' }
    const manifest = {
      formatVersion: 1,
      image,
      rootHash: sha256(version),
      containerImages,
      artifacts,
    }
    await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest))
    return directory
  }

  request(build: string, changes: Partial<CreateRequest> = {}): CreateRequest {
    return {
      image: 'qemu',
      channel: 'stable',
      build,
      repository: this.repository,
      places: { directory: this.keys },
      floor: false,
      deltaFrom: 'none',
      lifetimes: defaultLifetimes,
      now: this.now,
      signal: new AbortController().signal,
      ...changes,
    }
  }

  /** Builds a version, releases it to the channel "stable" and publishes. */
  async release(version: string, changes: Partial<CreateRequest> = {}) {
    const created = await createRelease(this.request(await this.build(version), changes))
    await this.publish()
    return created
  }

  async publish() {
    const { repository, served } = this
    const { signal } = new AbortController()
    return await publishRepository({ repository, directory: served, signal })
  }

  async refresh(places = { directory: this.keys }) {
    const { repository, now } = this
    const { signal } = new AbortController()
    return await refreshRepository({
      repository,
      places,
      lifetimes: defaultLifetimes,
      now,
      signal,
    })
  }

  rotation(role: RoleName, replace?: string): RotateRequest {
    return {
      role,
      replace,
      places: { directory: this.keys },
      lifetimes: defaultLifetimes,
      now: this.now,
      signal: new AbortController().signal,
    }
  }

  async rotate(role: RoleName, replace?: string) {
    return await rotateKey(this.rotation(role, replace))
  }
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Each file below a directory with its content's digest, but for locks and what is being written. */
export async function contentOf(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = new Map<string, string>()
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(directory.length + 1)
    if (entry.isFile() && !name.startsWith('.')) files.set(name, sha256(await readFile(path)))
  }
  return files
}
