import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ErofsFile, erofsFiles } from '../disk/erofs.ts'
import type { Reasons } from '../image/definition.ts'
import type { Artifact, BundledPackage, ImageFile, ImageIdentity } from '../manifest/contents.ts'
import { cycloneDx } from '../manifest/cyclonedx.ts'
import { gatherFiles, gatherPackages, reasonOf } from '../manifest/gather.ts'
import { type ImageManifest, imageManifest } from '../manifest/manifest.ts'
import type { Package } from '../packages/archive.ts'
import type { ReleaseImages } from '../supervisor/release-images/image-set.ts'
import { artifactFile, type BuildArtifact } from './artifacts.ts'
import { readProvenance } from './base-tree.ts'
import type { InitrdFile } from './initrd.ts'
import { initrdRules } from './initrd-content.ts'
import type { KernelFacts } from './kernel.ts'
import type { KernelReport } from './kernel-requirements.ts'
import { fileDigest } from './outputs-digest.ts'
import { sparseFileDigest } from './sparse-file-digest.ts'
import type { Result, Stage, Work } from './stage.ts'
import { HOST_EXECUTABLE, type UsrFacts } from './usr.ts'
import { ETC_LOWER } from './usr-tree.ts'

type Inputs = {
  image: ImageIdentity
  packages: readonly Package[]
  bundled: readonly BundledPackage[]
  executables: Reasons
  containerImages: ReleaseImages
  /** Absolute paths of the project's own files. */
  units: readonly string[]
  kernelReport: KernelReport
  epoch: number
  tools: Result<'trees', null>
  packageTrees: Result<'trees', null>
  stripped: Result<'provenance'>
  kernel: Result<'image', KernelFacts>
  usrTree: Result<'tree', null>
  host: Result<'executable', { sizeBytes: number }>
  usr: Result<'image', UsrFacts>
  initrd: Result<'files'>
  /** What the build hands out, by the names under which it is published. */
  artifacts: Readonly<Record<string, BuildArtifact>>
}

/** The manifest as published: that of /usr, and what the kernel and the initrd are. */
export type BuildManifest = ImageManifest & {
  /** dm-verity's root hash of /usr, hexadecimal. */
  readonly rootHash: string
  /** What the release brings beside its files, by name. */
  readonly containerImages: ReleaseImages
  readonly kernel: KernelReport
  readonly initrd: Pick<
    ImageManifest,
    'totals' | 'largest' | 'executables' | 'setIdFiles' | 'fileCapabilities'
  >
}

/** Writes what is in the image: a manifest for people, and a CycloneDX bill of materials for scanners. */
export const manifestStage: Stage<
  Inputs,
  'manifest' | 'sbom',
  Pick<ImageManifest, 'totals' | 'largest'>
> = {
  name: 'manifest',
  title: 'Write manifest and SBOM',
  source: import.meta.filename,
  files: { manifest: 'manifest.json', sbom: 'sbom.cdx.json' },
  run: async (inputs, work) => {
    const { image, bundled, epoch } = inputs
    const [files, initrdFiles, artifacts] = await Promise.all([
      usrFiles(inputs),
      filesOfInitrd(inputs.initrd.files.files),
      describeArtifacts(inputs, work),
    ])
    const packages = await gatherPackages(inputs.packages, inputs.packageTrees.files.trees, [
      ...files,
      ...initrdFiles,
    ])
    const usr = imageManifest({ image, packages, bundled, files, artifacts })
    const { totals, largest, executables, setIdFiles, fileCapabilities } = imageManifest({
      image,
      packages: packages.filter(({ name }) => initrdFiles.some((file) => file.package === name)),
      bundled: [],
      files: initrdFiles,
      artifacts: [],
    })
    const initrd = { totals, largest, executables, setIdFiles, fileCapabilities }
    const { rootHash } = inputs.usr.facts
    const { containerImages, kernelReport: kernel } = inputs
    const manifest: BuildManifest = { ...usr, rootHash, containerImages, kernel, initrd }
    const sbom = cycloneDx({
      image,
      packages,
      bundled,
      slipwayVersion: image.version,
      sourceDateEpoch: epoch,
    })
    const write = (name: string, value: unknown) =>
      writeFile(join(work.directory, name), `${JSON.stringify(value, undefined, 2)}\n`)
    await write('manifest.json', manifest)
    await write('sbom.cdx.json', sbom)
    return { totals: manifest.totals, largest: manifest.largest }
  },
}

/** The files of /usr as shipped, each with what it takes in the compressed image. */
async function usrFiles(inputs: Inputs): Promise<ImageFile[]> {
  const { stripped, kernel, usrTree, usr, host, executables } = inputs
  const provenance = new Map(
    (await readProvenance(stripped.files.provenance)).map((each) => [each.path, each.package]),
  )
  const units = new Set(inputs.units)
  const original = (path: string) => path.replace(`/${ETC_LOWER}/`, '/etc/')
  const files = await gatherFiles(usrTree.files.tree, '/', {
    packageOf: (path) => {
      if (units.has(original(path))) return undefined
      return /^\/usr\/lib\/modules\/.*\.ko$/.test(path)
        ? kernel.facts.package
        : provenance.get(original(path))
    },
    originOf: (path) =>
      path.startsWith('/usr/lib/modules/') ? 'kernel modules index' : 'units and settings',
    executables,
  })
  const stored = new Map(
    (await erofsFiles(usr.files.image)).map((each) => [`/usr${each.path}`, each]),
  )
  return [...files, ...hostFiles(host.facts.sizeBytes)].map((file) => measured(file, stored))
}

/** What the stage `usr` adds to the tree. */
function hostFiles(sizeBytes: number): ImageFile[] {
  const common = { origin: 'host executable' } as const
  const reason = 'supervisor, Ignition and slipctl in one file'
  const path = `/${HOST_EXECUTABLE}`
  return [
    { ...common, path, type: 'file', mode: 0o755, sizeBytes, reason },
    { ...common, path: '/usr/bin/slipctl', type: 'link', mode: 0o777, sizeBytes: 0 },
  ]
}

function measured(file: ImageFile, stored: ReadonlyMap<string, ErofsFile>): ImageFile {
  if (file.type !== 'file') return file
  const found = stored.get(file.path)
  if (!found) throw new Error(`${file.path} is not in the image of /usr`)
  return { ...file, sizeBytes: found.sizeBytes, compressedBytes: found.storedBytes }
}

async function filesOfInitrd(list: string): Promise<ImageFile[]> {
  const files = JSON.parse(await readFile(list, 'utf8')) as InitrdFile[]
  return files.map(({ path, mode, sizeBytes, package: owner }) => {
    const type = typeOf(mode)
    const reason = type === 'file' ? reasonOf(path, initrdRules.executables) : undefined
    return {
      path,
      type,
      mode: mode & 0o7777,
      sizeBytes: type === 'file' ? sizeBytes : 0,
      ...(owner === undefined ? { origin: 'initrd' } : { package: owner }),
      ...(reason !== undefined && { reason }),
    }
  })
}

function typeOf(mode: number): ImageFile['type'] {
  switch (mode & 0o170000) {
    case 0o040000:
      return 'directory'
    case 0o120000:
      return 'link'
    default:
      return 'file'
  }
}

async function describeArtifacts(
  { artifacts, tools }: Pick<Inputs, 'artifacts' | 'tools'>,
  work: Work,
): Promise<Artifact[]> {
  return await Promise.all(
    Object.entries(artifacts).map(async ([name, artifact]) => {
      const file = artifactFile(artifact)
      const sha256 = await (name.endsWith('.raw')
        ? sparseFileDigest(file, tools.files.trees, work.signal)
        : fileDigest(file))
      return { name, sizeBytes: (await stat(file)).size, sha256 }
    }),
  )
}
