import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { slotUuids } from '../../../disk/identifiers.ts'
import { listEntries } from '../../esp/entries.ts'
import type { Content } from '../content.ts'
import { installRelease } from '../install.ts'
import { findSlots } from '../layout.ts'
import { readPartitionTable } from '../partition-table.ts'
import { readBackRootHash } from '../verity.ts'
import type { InstallProgress } from '../write-slot.ts'
import { contentOf } from './content.ts'
import {
  makeDisk,
  makeRelease,
  scratchFolder,
  sfdiskTable,
  type TestRelease,
} from './disk-image.ts'
import type { Order } from './install-program.ts'
import { ukiOf } from './uki.ts'

const MIB = 1 << 20
/** So small that tests are quick; the host's own is CHECKPOINT_BYTES. */
export const TEST_CHECKPOINT_BYTES = 2 * MIB
/** Enough for one checkpoint before the end. */
const USR_BYTES = 3 * MIB

/** What a test changes of an installation. */
type Changes = Partial<Record<'usr' | 'verity' | 'uki', (content: Content) => Content>> & {
  readonly signature?: Content
  readonly isDowngrade?: boolean
  readonly report?: (progress: InstallProgress) => void
}

/** The releases, which take a while to make, are of all hosts of a test file. */
type Releases = {
  readonly old: TestRelease
  readonly running: TestRelease
  readonly next: TestRelease
}

/**
 * A host's disk and ESP after one update: slot A runs release 1, slot B has release 0, whose entry is
 * still there. The ESP is a plain folder, since not every kernel that runs tests has vfat.
 */
export class TestHost {
  readonly folder: string
  readonly disk: string
  readonly esp: string
  readonly journal: string
  readonly running: TestRelease
  readonly next: TestRelease
  readonly #runningUki: Buffer
  readonly #ukis = new Map<string, Buffer>()

  constructor(context: TestContext, releases?: Releases) {
    this.folder = scratchFolder(context)
    const { old, running, next } = releases ?? makeReleases(this.folder)
    this.running = running
    this.next = next
    this.disk = makeDisk(this.folder, running, old)
    this.esp = join(this.folder, 'esp')
    this.journal = join(this.folder, 'var/update/slot.json')
    mkdirSync(join(this.esp, 'EFI/Linux'), { recursive: true })
    this.#runningUki = this.ukiFor(running)
    this.#put('slipway_1.efi', this.#runningUki)
    this.#put('slipway_0.efi', this.ukiFor(old))
  }

  /** Before the test's end, for tests with many hosts. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  makeRelease(version: string): TestRelease {
    return makeRelease(this.folder, version, USR_BYTES)
  }

  ukiFor({ rootHash }: TestRelease): Buffer {
    const uki = this.#ukis.get(rootHash) ?? ukiOf(rootHash)
    this.#ukis.set(rootHash, uki)
    return uki
  }

  async install(release: TestRelease, changes: Changes = {}): Promise<void> {
    const same = (content: Content) => content
    const { usr = same, verity = same, uki = same, signature, ...options } = changes
    await installRelease({
      layout: findSlots(await readPartitionTable(this.disk), this.running.rootHash, true),
      esp: { directory: this.esp },
      runningRootHash: this.running.rootHash,
      version: release.version,
      rootHash: release.rootHash,
      contents: {
        usr: usr(contentOf(release.usr)),
        verity: verity(contentOf(release.verity)),
        ...(signature && { signature }),
      },
      uki: uki(contentOf(this.ukiFor(release))),
      journal: this.journal,
      checkpointBytes: TEST_CHECKPOINT_BYTES,
      ...options,
    })
  }

  /**
   * The same in a process of its own, which kills itself at the n-th call that changes the disk. Gives the
   * number of calls, or undefined when it was killed.
   */
  async installUntilCall(release: TestRelease, call: number): Promise<number | undefined> {
    const file = (name: string, bytes: Buffer): string => {
      const path = join(this.folder, name)
      writeFileSync(path, bytes)
      return path
    }
    const order: Order = {
      disk: this.disk,
      esp: this.esp,
      journal: this.journal,
      checkpointBytes: TEST_CHECKPOINT_BYTES,
      runningRootHash: this.running.rootHash,
      version: release.version,
      rootHash: release.rootHash,
      usr: release.files.usr,
      verity: release.files.verity,
      uki: file('uki.new', this.ukiFor(release)),
    }
    return await runUntilCall(
      'install-program.ts',
      file('order', Buffer.from(JSON.stringify(order))),
      call,
    )
  }

  /** The bytes that a partition begins with. */
  partition(number: number, sizeBytes: number): Buffer {
    const start = (sfdiskTable(this.disk)[number - 1]?.start ?? 0) * 512
    const bytes = Buffer.alloc(sizeBytes)
    const file = openSync(this.disk, 'r')
    readSync(file, bytes, 0, bytes.length, start)
    closeSync(file)
    return bytes
  }

  /** Changes the lowest bit of a partition's byte. */
  flip(number: number, offset: number): void {
    const position = (sfdiskTable(this.disk)[number - 1]?.start ?? 0) * 512 + offset
    const byte = new Uint8Array(1)
    const file = openSync(this.disk, 'r+')
    readSync(file, byte, 0, 1, position)
    writeSync(file, Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, position)
    closeSync(file)
  }

  renameEntry(from: string, to: string): void {
    renameSync(join(this.esp, 'EFI/Linux', from), join(this.esp, 'EFI/Linux', to))
  }

  espFiles(): string[] {
    return readdirSync(join(this.esp, 'EFI/Linux')).sort()
  }

  /** Slot A and its entry are byte for byte what they were. */
  assertRunningUntouched(): void {
    const { usr, verity, version, rootHash } = this.running
    assert.ok(this.partition(2, usr.length).equals(usr), 'the running usr changed')
    assert.ok(this.partition(3, verity.length).equals(verity), 'its tree changed')
    const uuids = slotUuids(rootHash)
    assert.deepEqual(
      sfdiskTable(this.disk)
        .map(({ name, uuid }) => [name, uuid])
        .slice(1, 3),
      [
        [`slipway_${version}`, uuids.data],
        [`slipway_${version}`, uuids.verity],
      ],
    )
    assert.ok(this.#entry('slipway_1.efi').equals(this.#runningUki), 'the running UKI changed')
  }

  /** Each entry that the boot loader would show has a slot with its UUIDs and its content. */
  async assertEveryEntryBoots(): Promise<string[]> {
    const { partitions } = await readPartitionTable(this.disk)
    const booting: string[] = []
    for (const { file, rootHash } of await listEntries({ directory: this.esp })) {
      if (rootHash === undefined) continue
      const uuids = slotUuids(rootHash)
      const extent = (uuid: string) => {
        const found = partitions.filter((partition) => partition.uuid === uuid)
        assert.equal(found.length, 1, `${file} has no slot`)
        const { startBytes = 0, sizeBytes = 0 } = found[0] ?? {}
        return { path: this.disk, offsetBytes: startBytes, sizeBytes }
      }
      const actual = await readBackRootHash(extent(uuids.data), extent(uuids.verity), file)
      assert.equal(actual, rootHash, `${file} has another slot`)
      booting.push(file)
    }
    return booting
  }

  assertNothingNew(): void {
    this.assertRunningUntouched()
    assert.deepEqual(this.espFiles(), ['slipway_1.efi'])
    const labels = sfdiskTable(this.disk).map(({ name }) => name)
    assert.deepEqual(labels.slice(4, 7), ['_empty', '_empty', '_empty'])
  }

  assertInstalled(release: TestRelease): void {
    const { usr, verity, version } = release
    assert.ok(this.partition(5, usr.length).equals(usr), 'the usr is another')
    assert.ok(this.partition(6, verity.length).equals(verity), 'the tree is another')
    const file = `slipway_${version}+3.efi`
    assert.deepEqual(this.espFiles(), ['slipway_1.efi', file])
    assert.ok(this.#entry(file).equals(this.ukiFor(release)), 'the UKI is another')
    const labels = sfdiskTable(this.disk).map(({ name }) => name)
    assert.deepEqual(labels.slice(4, 6), [`slipway_${version}`, `slipway_${version}`])
    assert.ok(!existsSync(this.journal), 'the journal stayed')
  }

  #entry(file: string): Buffer {
    return readFileSync(join(this.esp, 'EFI/Linux', file))
  }

  #put(file: string, bytes: Buffer): void {
    writeFileSync(join(this.esp, 'EFI/Linux', file), bytes)
  }
}

export function makeReleases(folder: string): Releases {
  const release = (version: string, usrBytes: number) => makeRelease(folder, version, usrBytes)
  return {
    old: release('0', MIB / 4),
    running: release('1', MIB / 4),
    next: release('2', USR_BYTES),
  }
}

/** Runs a program of this folder, or by its path, which kills itself at the n-th call that changes the disk. */
export async function runUntilCall(
  program: string,
  parameter: string,
  call: number,
): Promise<number | undefined> {
  const preload = join(import.meta.dirname, 'kill-at-call.ts')
  const child = spawn(
    process.execPath,
    ['--import', preload, resolve(import.meta.dirname, program), parameter],
    {
      env: { ...process.env, KILL_AT_CALL: String(call) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString()
  })
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (signal === 'SIGKILL') return undefined
  assert.equal(status, 0, output)
  return Number(output)
}
