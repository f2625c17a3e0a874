import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { slotUuids } from '../../../disk/identifiers.ts'
import { sha256Of } from './sha256.ts'

const MIB = 1 << 20

/** Sizes of the test's partitions: large enough for several checkpoints, small enough to be quick. */
const sizesMiB = { esp: 4, usr: 24, verity: 2, signature: 1 }

/** A /usr with its hash tree, made by the real veritysetup. */
export type TestRelease = {
  readonly version: string
  readonly rootHash: string
  readonly usr: Buffer
  readonly verity: Buffer
  /** The files with the same. */
  readonly files: { readonly usr: string; readonly verity: string }
}

/** A folder that is gone after the test. */
export function scratchFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-slot-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Random bytes as /usr: of blocks of 4096 bytes, under a salt like the build's. */
export function makeRelease(folder: string, version: string, usrBytes: number): TestRelease {
  const file = (name: string) => join(folder, `${version}.${name}`)
  const files = { usr: file('usr'), verity: file('verity') }
  const usr = randomBytes(usrBytes)
  writeFileSync(files.usr, usr)
  execFileSync('veritysetup', [
    'format',
    `--salt=${sha256Of(Buffer.from(version))}`,
    `--root-hash-file=${file('hash')}`,
    files.usr,
    files.verity,
  ])
  const rootHash = readFileSync(file('hash'), 'utf8').trim()
  return { version, rootHash, usr, verity: readFileSync(files.verity), files }
}

/**
 * A disk as the build and the first boot make it: ESP, slot A with `running`, slot B with `other` or
 * `_empty`, root.
 */
export function makeDisk(folder: string, running: TestRelease, other?: TestRelease): string {
  const disk = join(folder, 'disk.raw')
  const line = (type: string, mib: number, partLabel: string, uuid: string = randomUUID()) =>
    `size=${mib}MiB, type=${type}, name="${partLabel}", uuid=${uuid}`
  const table = [
    'label: gpt',
    line('C12A7328-F81F-11D2-BA4B-00A0C93EC93B', sizesMiB.esp, 'esp'),
    ...slotLines(line, running),
    ...slotLines(line, other),
    line('4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', 4, 'root'),
  ]
  execFileSync('truncate', ['--size=64M', disk])
  execFileSync('sfdisk', ['--quiet', disk], { input: `${table.join('\n')}\n` })
  const file = openSync(disk, 'r+')
  const slotMiB = sizesMiB.usr + sizesMiB.verity + sizesMiB.signature
  for (const [index, release] of [running, other].entries()) {
    if (release === undefined) continue
    const start = (1 + sizesMiB.esp + index * slotMiB) * MIB
    writeSync(file, release.usr, 0, release.usr.length, start)
    writeSync(file, release.verity, 0, release.verity.length, start + sizesMiB.usr * MIB)
  }
  closeSync(file)
  return disk
}

type Line = (type: string, mib: number, label: string, uuid?: string) => string

/** Lines for sfdisk: like the build's, a slot without a signature has that partition `_empty`. */
function slotLines(line: Line, release: TestRelease | undefined): string[] {
  const label = release === undefined ? '_empty' : `slipway_${release.version}`
  const uuids = release && slotUuids(release.rootHash)
  return [
    line('8484680C-9521-48C6-9C11-B0720656F69E', sizesMiB.usr, label, uuids?.data),
    line('77FF5F63-E7B6-4633-ACF4-1565B864C0E6', sizesMiB.verity, label, uuids?.verity),
    line('E7BB33FB-06CF-4E81-8273-E543B413E2E2', sizesMiB.signature, '_empty'),
  ]
}

/** The partitions as sfdisk sees them, the second copy of the table repaired or not. */
export function sfdiskTable(disk: string): { name: string; uuid: string; start: number }[] {
  const output = execFileSync('sfdisk', ['--json', disk], { stdio: ['ignore', 'pipe', 'ignore'] })
  const { partitiontable } = JSON.parse(output.toString()) as {
    partitiontable: { partitions: { name?: string; uuid: string; start: number }[] }
  }
  return partitiontable.partitions.map(({ name = '', uuid, start }) => ({
    name,
    uuid: uuid.toLowerCase(),
    start,
  }))
}
