import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createCipheriv, createHash } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ConvertedFormat, diskFormats } from '../disk-formats/index.ts'
import { runInSandbox } from '../sandbox.ts'
import type { Result } from '../stage.ts'

const seed = '0b5e8a6e-6c57-4b51-9f3f-0b8f0f3e5a11'
const MIB = 1 << 20
const CLUSTER = 64 << 10

/** A small disk with holes, whose size is no whole MiB. Parts of it take longer to compress than others. */
export async function sparseDisk(directory: string): Promise<Result<'raw'>> {
  await mkdir(directory, { recursive: true })
  const raw = join(directory, 'disk.raw')
  const disk = await open(raw, 'w')
  await disk.write(Buffer.alloc(3 * MIB, 'text of a partition '), 0, 3 * MIB, MIB)
  for (let cluster = 0; cluster < 128; cluster++)
    await disk.write(unevenly(cluster), 0, CLUSTER, 8 * MIB + cluster * CLUSTER)
  await disk.write(Buffer.from('the end'), 0, 7, 40 * MIB + 512)
  await disk.truncate(40 * MIB + 36864)
  await disk.close()
  return { stage: 'disk', key: '', digest: '', directory, files: { raw }, facts: null }
}

/** A cluster of which more or less is not to be compressed, so that it becomes longer or shorter than its neighbours. */
function unevenly(cluster: number): Buffer {
  const bytes = Buffer.alloc(CLUSTER, `text of cluster ${cluster} `)
  const name = createHash('sha256').update(`${cluster}`).digest()
  const dense = createCipheriv('aes-256-ctr', name, Buffer.alloc(16))
  const length = ((cluster * 7) % 8) * 4096
  dense.update(Buffer.alloc(length)).copy(bytes)
  return bytes
}

/** Makes one format and gives its path. */
export async function convert(
  format: ConvertedFormat,
  tools: Result<'trees', null>,
  disk: Result<'raw'>,
  directory: string,
): Promise<string> {
  const [results, scratch] = [join(directory, 'result'), join(directory, 'scratch')]
  await mkdir(results, { recursive: true })
  await mkdir(scratch)
  const { signal } = new AbortController()
  await diskFormats[format].stage.run(
    { tools, disk, seed, epoch: 1_780_000_000 },
    { directory: results, scratch, signal, progress: () => {} },
  )
  return join(results, 'disk')
}

/** What QEMU calls a format. */
export function driverOf(format: Exclude<ConvertedFormat, 'gcp'>): string {
  if (format === 'vhd') return 'vpc'
  return format === 'qcow2-compressed' ? 'qcow2' : format
}

/** Throws unless QEMU finds the same content in both; what is longer has only zeroes there. */
export async function assertSameDisk(
  tools: Result<'trees', null>,
  disk: Result<'raw'>,
  image: string,
  format: string,
): Promise<void> {
  const said = await runInSandbox(
    tools.files.trees,
    { readable: [disk.directory, dirname(image)] },
    'qemu-img',
    ['compare', '-f', 'raw', '-F', format, disk.files.raw, image],
  )
  assert.match(said, /^Images are identical\.$/m)
}

/** What Compute Engine does with its archive: the sizes and the content of the disk within. */
export async function unpackGcp(image: string, directory: string): Promise<string> {
  await mkdir(directory)
  const names = execFileSync('tar', ['--list', '--gzip', '--file', image]).toString()
  assert.equal(names, 'disk.raw\n')
  execFileSync('tar', ['--extract', '--gzip', '--file', image, '--directory', directory])
  const raw = join(directory, 'disk.raw')
  assert.equal((await stat(raw)).size, 2 ** 30)
  return raw
}

/** The size that the footer of a VHD tells. */
export async function vhdSize(image: string): Promise<bigint> {
  return (await readFile(image)).subarray(-512).readBigUInt64BE(48)
}
