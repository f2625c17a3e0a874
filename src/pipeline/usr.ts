import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { derivedUuid } from '../disk/identifiers.ts'
import { buildErrors } from '../errors/build.ts'
import type { SlotSizes, UsrFileSystem } from '../image/definition.ts'
import { entriesOf } from '../tree/entry.ts'
import { linkOrCopy, placeEntries } from './base-tree.ts'
import { runInSandbox } from './sandbox.ts'
import { type Result, type Stage, sha256 } from './stage.ts'

export const HOST_EXECUTABLE = 'usr/lib/slipway/slipway-host'

type Inputs = {
  tools: Result<'trees', null>
  usrTree: Result<'tree', null>
  host: Result<'executable', { sizeBytes: number }>
  fileSystem: UsrFileSystem
  slots: Pick<SlotSizes, 'usrSizeMiB' | 'veritySizeMiB'>
  seed: string
  epoch: number
}

export type UsrFacts = {
  /** dm-verity's root hash of /usr, hexadecimal. */
  readonly rootHash: string
  readonly imageBytes: number
  readonly hashTreeBytes: number
}

/** Packs /usr into an erofs image and computes its dm-verity hash tree. */
export const usrStage: Stage<Inputs, 'image' | 'hashTree', UsrFacts> = {
  name: 'usr',
  title: 'Pack /usr',
  source: import.meta.filename,
  files: { image: 'usr.erofs', hashTree: 'usr.verity' },
  run: async ({ tools, usrTree, host, fileSystem, slots, seed, epoch }, work) => {
    const tree = join(work.scratch, 'tree')
    await placeEntries(await entriesOf(usrTree.files.tree, ''), tree)
    await mkdir(dirname(join(tree, HOST_EXECUTABLE)), { recursive: true })
    await linkOrCopy(host.files.executable, join(tree, HOST_EXECUTABLE))
    await symlink('../lib/slipway/slipway-host', join(tree, 'usr/bin/slipctl'))

    const [image, hashTree] = [
      join(work.directory, 'usr.erofs'),
      join(work.directory, 'usr.verity'),
    ]
    const inTools = (program: string, parameters: string[]) =>
      runInSandbox(
        tools.files.trees,
        {
          writable: [work.directory],
          readable: [work.scratch],
          signal: work.signal,
          doing: 'packing /usr',
        },
        program,
        parameters,
      )
    work.progress('compressing')
    const hints = join(work.scratch, 'compress-hints')
    await writeFile(hints, compressHints(fileSystem))
    const paths = { hints, image, tree: join(tree, 'usr') }
    await inTools('mkfs.erofs', erofsArguments(fileSystem, seed, epoch, paths))
    const imageBytes = (await stat(image)).size
    refuseOverflow('the /usr image', imageBytes, slots.usrSizeMiB, 'slots.usrSizeMiB')
    work.progress('computing the hash tree')
    const rootHashFile = join(work.directory, 'root-hash')
    await inTools('veritysetup', [
      'format',
      `--uuid=${derivedUuid(seed, 'usr-verity')}`,
      `--salt=${sha256(`${seed} usr-verity salt`)}`,
      `--root-hash-file=${rootHashFile}`,
      image,
      hashTree,
    ])
    const hashTreeBytes = (await stat(hashTree)).size
    refuseOverflow(
      'the hash tree of /usr',
      hashTreeBytes,
      slots.veritySizeMiB,
      'slots.veritySizeMiB',
    )
    const rootHash = (await readFile(rootHashFile, 'utf8')).trim()
    return { rootHash, imageBytes, hashTreeBytes }
  },
}

/** Command line of mkfs.erofs: sorted, root-owned, one time and UUID, so that equal trees give equal images. */
export function erofsArguments(
  fileSystem: UsrFileSystem,
  seed: string,
  epoch: number,
  paths: { readonly hints: string; readonly image: string; readonly tree: string },
): string[] {
  const { compression, compressionLevel, clusterSizeKiB } = fileSystem
  const packing = [
    `-z${compression},level=${compressionLevel}${packsApart(fileSystem) ? `:${QUICK}` : ''}`,
    `-C${clusterSizeKiB * 1024}`,
    ...(packsApart(fileSystem) ? [`--compress-hints=${paths.hints}`] : []),
  ]
  return [
    '--quiet',
    ...(compression === 'none' ? [] : packing),
    '--all-root',
    '-T',
    String(epoch),
    '-U',
    derivedUuid(seed, 'usr'),
    '--ignore-mtime',
    paths.image,
    paths.tree,
  ]
}

/** The second algorithm of the image. Levels above 9 take three times as long and save a thousandth. */
const QUICK = 'lz4hc,level=9'

/**
 * Lines of mkfs.erofs's compress hints: cluster size in bytes, number of the algorithm, and an expression
 * over paths below /usr; the first that matches counts.
 */
export function compressHints({ clusterSizeKiB, quickFiles }: UsrFileSystem): string {
  const clusterBytes = clusterSizeKiB * 1024
  const quick = quickFiles.map((path) => {
    const below = path.replace(/^\/usr\//, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return `${clusterBytes} 1 ^/?${below}$\n`
  })
  return `${quick.join('')}${clusterBytes} 0 .*\n`
}

function packsApart({ compression, quickFiles }: UsrFileSystem): boolean {
  return compression === 'zstd' && quickFiles.length > 0
}

function refuseOverflow(content: string, bytes: number, partitionMiB: number, field: string): void {
  const contentMiB = Math.ceil(bytes / (1 << 20))
  if (contentMiB > partitionMiB)
    throw buildErrors.error('SLIPWAY_BUILD_SLOT_TOO_SMALL', {
      content,
      contentMiB,
      partitionMiB,
      field,
    })
}
