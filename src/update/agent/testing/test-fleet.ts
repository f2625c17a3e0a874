import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createRelease } from '../../../release/create.ts'
import { Workshop } from '../../../release/testing/workshop.ts'
import { type StaticServer, startStaticServer } from '../../metadata/testing/static-server.ts'
import { makeDisk, makeRelease, type TestRelease } from '../../slot/testing/disk-image.ts'
import { sha256Of } from '../../slot/testing/sha256.ts'
import { runUntilCall } from '../../slot/testing/test-host.ts'
import { loaderOf, ukiOf } from '../../slot/testing/uki.ts'
import { initialState, type UpdateState } from '../../state/state.ts'
import { loadUpdateState, saveUpdateState } from '../../state/state-file.ts'
import { giveOrder, type Order, type OrderAnswer, takeAnswer } from '../orders.ts'
import { takeTurn } from '../turn.ts'
import { HostTree } from './host-tree.ts'
import { type ImageHost, imageHost } from './image-host.ts'

const MIB = 1 << 20

type ReleaseOptions = {
  readonly usrMiB?: number
  readonly floor?: boolean
  readonly containerImages?: Readonly<Record<string, string>>
}

/** A repository with real releases, and the server of it. */
export class TestFleet {
  readonly workshop: Workshop
  readonly server: StaticServer
  readonly #context: TestContext
  readonly #releases = new Map<string, TestRelease>()
  readonly #ukis = new Map<string, Buffer>()

  private constructor(context: TestContext, workshop: Workshop, server: StaticServer) {
    this.#context = context
    this.workshop = workshop
    this.server = server
  }

  static async open(context: TestContext): Promise<TestFleet> {
    const workshop = await Workshop.open(context)
    mkdirSync(workshop.served)
    return new TestFleet(context, workshop, await startStaticServer(context, workshop.served))
  }

  /** A /usr with its tree; the same at each call. */
  made(version: string, usrMiB = 2): TestRelease {
    const made =
      this.#releases.get(version) ?? makeRelease(this.workshop.directory, version, usrMiB * MIB)
    this.#releases.set(version, made)
    return made
  }

  uki(version: string): Buffer {
    const uki = this.#ukis.get(version) ?? ukiOf(this.made(version).rootHash)
    this.#ukis.set(version, uki)
    return uki
  }

  /** Releases a version to the channel "stable" and publishes it. */
  async release(
    version: string,
    { usrMiB = 2, floor = false, containerImages = {} }: ReleaseOptions = {},
  ): Promise<TestRelease> {
    const made = this.made(version, usrMiB)
    const build = join(this.workshop.directory, `build-${version}`)
    mkdirSync(build)
    const files: readonly [string, Buffer][] = [
      ['usr.erofs', made.usr],
      ['usr.verity', made.verity],
      ['slipway.efi', this.uki(version)],
      ['systemd-bootx64.efi', loaderOf('257.9')],
    ]
    const artifacts = files.map(([name, bytes]) => {
      writeFileSync(join(build, name), bytes)
      return { name, sizeBytes: bytes.length, sha256: sha256Of(bytes) }
    })
    const image = { name: 'qemu', version, architecture: 'amd64', suite: 'trixie' }
    const { rootHash } = made
    const manifest = { formatVersion: 1, image, rootHash, containerImages, artifacts }
    writeFileSync(join(build, 'manifest.json'), JSON.stringify(manifest))
    await createRelease(this.workshop.request(build, { floor }))
    await this.workshop.publish()
    return made
  }

  /** A host that runs `version`, found good, beside `other` or nothing. */
  host(version: string, other?: string, settings = 'strategy: manual\n'): AgentTestHost {
    return new AgentTestHost(this.#context, this, version, other, settings)
  }
}

/** A host of a disk image. It boots when the test says so, as systemd-boot would. */
export class AgentTestHost {
  readonly tree: HostTree
  readonly fleet: TestFleet
  #image: ImageHost
  #boots = 0

  constructor(
    context: TestContext,
    fleet: TestFleet,
    version: string,
    other: string | undefined,
    settings: string,
  ) {
    this.tree = new HostTree(context)
    this.fleet = fleet
    const running = fleet.made(version)
    const { folder, paths } = this.tree
    const disk = makeDisk(folder, running, other === undefined ? undefined : fleet.made(other))
    const events = join(folder, 'events')
    this.#image = { paths, disk, rootHash: running.rootHash, events }
    writeFileSync(events, '')
    for (const each of [version, other])
      if (each !== undefined) this.#put(`EFI/Linux/slipway_${each}.efi`, fleet.uki(each))
    for (const path of ['EFI/systemd/systemd-bootx64.efi', 'EFI/BOOT/BOOTX64.EFI'])
      this.#put(path, loaderOf('257.8'))
    writeFileSync(paths.bootLoader, loaderOf('257.8'))
    copyFileSync(join(fleet.workshop.keys, '1.root.json'), paths.rootFile)
    writeFileSync(paths.settings, `server: ${fleet.server.url.href}\n${settings}`)
    this.boot(version)
  }

  /** Boots a version; `counted` is the entry's name after systemd-boot's renaming, if it counts. */
  boot(version: string, counted?: string): void {
    const { rootHash } = this.fleet.made(version)
    this.#boots += 1
    this.#image = { ...this.#image, rootHash }
    this.tree.boot(`boot-${this.#boots}`, version, rootHash, counted)
  }

  /** A turn in which it is time to look, since somebody asked; gives the answer. */
  async order(order: Order): Promise<OrderAnswer> {
    const { run } = this.tree.paths
    const id = await giveOrder(order, run)
    await this.turn()
    const answer = await takeAnswer(id, run)
    if (answer === undefined) throw new Error('the order was not answered')
    return answer
  }

  async turn(changes: Partial<ReturnType<typeof imageHost>> = {}): Promise<void> {
    await takeTurn({ ...imageHost(this.#image), ...changes })
  }

  /** A turn in a process of its own that kills itself at the n-th call; gives how many there were. */
  async turnUntilCall(call: number): Promise<number | undefined> {
    const file = join(this.tree.folder, 'image-host.json')
    writeFileSync(file, JSON.stringify(this.#image))
    const program = join(import.meta.dirname, 'turn-program.ts')
    return await runUntilCall(program, file, call)
  }

  async state(): Promise<UpdateState> {
    return (await loadUpdateState(new Date().toISOString(), this.tree.paths.state)).state
  }

  async remember(changes: Partial<UpdateState>): Promise<void> {
    await saveUpdateState({ ...initialState, ...changes }, this.tree.paths.state)
  }

  /** What happened since the last call. */
  events(): string[] {
    const { events } = this.#image
    const lines = readFileSync(events, 'utf8').trim().split('\n')
    writeFileSync(events, '')
    return lines
  }

  get image(): ImageHost {
    return this.#image
  }

  #put(path: string, bytes: Buffer): void {
    const file = join(this.tree.paths.boot, path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, bytes)
  }
}
