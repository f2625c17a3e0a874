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
export const sizesMiB = { esp: 4, usr: 40, verity: 2, signature: 1 }

/** A /usr with its hash tree, made by the real veritysetup. */
export type TestRelease = {
  readonly version: string
  readonly rootHash: string
  readonly usr: Buffer
  readonly verity: Buffer
}

/** A folder that is gone after the test. */
export function scratchFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-slot-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Random bytes as /usr: of blocks of 4096 bytes, under a salt like the build's. */
export function makeRelease(folder: string, version: string, usrBytes: number): TestRelease {
  const [data, tree, hash] = ['usr', 'verity', 'hash'].map((name) =>
    join(folder, `${version}.${name}`),
  )
  if (data === undefined || tree === undefined || hash === undefined) throw new Error('no names')
  const usr = randomBytes(usrBytes)
  writeFileSync(data, usr)
  execFileSync('veritysetup', [
    'format',
    `--salt=${sha256Of(Buffer.from(version))}`,
    `--root-hash-file=${hash}`,
    data,
    tree,
  ])
  const rootHash = readFileSync(hash, 'utf8').trim()
  return { version, rootHash, usr, verity: readFileSync(tree) }
}

/** A disk as the build and the first boot make it: ESP, slot A with `running`, slot B `_empty`, root. */
export function makeDisk(folder: string, running: TestRelease, name = 'disk.raw'): string {
  const disk = join(folder, name)
  const uuids = slotUuids(running.rootHash)
  const label = `slipway_${running.version}`
  const line = (type: string, mib: number, partLabel: string, uuid: string = randomUUID()) =>
    `size=${mib}MiB, type=${type}, name="${partLabel}", uuid=${uuid}`
  const table = [
    'label: gpt',
    line('C12A7328-F81F-11D2-BA4B-00A0C93EC93B', sizesMiB.esp, 'esp'),
    line('8484680C-9521-48C6-9C11-B0720656F69E', sizesMiB.usr, label, uuids.data),
    line('77FF5F63-E7B6-4633-ACF4-1565B864C0E6', sizesMiB.verity, label, uuids.verity),
    line('E7BB33FB-06CF-4E81-8273-E543B413E2E2', sizesMiB.signature, '_empty'),
    line('8484680C-9521-48C6-9C11-B0720656F69E', sizesMiB.usr, '_empty'),
    line('77FF5F63-E7B6-4633-ACF4-1565B864C0E6', sizesMiB.verity, '_empty'),
    line('E7BB33FB-06CF-4E81-8273-E543B413E2E2', sizesMiB.signature, '_empty'),
    line('4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', 4, 'root'),
  ]
  execFileSync('truncate', ['--size=100M', disk])
  execFileSync('sfdisk', ['--quiet', disk], { input: `${table.join('\n')}\n` })
  const [usrStart, verityStart] = [1 + sizesMiB.esp, 1 + sizesMiB.esp + sizesMiB.usr]
  const file = openSync(disk, 'r+')
  writeSync(file, running.usr, 0, running.usr.length, usrStart * MIB)
  writeSync(file, running.verity, 0, running.verity.length, verityStart * MIB)
  closeSync(file)
  return disk
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
