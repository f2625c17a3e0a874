import type { Artifact, BundledPackage, ImageFile, ImageIdentity, PackageFile } from './contents.ts'
import { declaredLicences } from './licences.ts'

export type ManifestInput = {
  readonly image: ImageIdentity
  readonly packages: readonly PackageFile[]
  readonly bundled: readonly BundledPackage[]
  readonly files: readonly ImageFile[]
  readonly artifacts: readonly Artifact[]
}

/** The manifest as written next to the image; lists are sorted, so that equal images have equal manifests. */
export type ImageManifest = {
  readonly formatVersion: 1
  readonly image: ImageIdentity
  readonly totals: {
    readonly packages: number
    readonly files: number
    readonly executables: number
    readonly sizeBytes: number
  }
  readonly artifacts: readonly Artifact[]
  /** The ten things that cost most, largest first. */
  readonly largest: readonly Content[]
  readonly executables: readonly Executable[]
  readonly setIdFiles: readonly SetIdFile[]
  readonly fileCapabilities: readonly FileCapability[]
  readonly packages: readonly ManifestPackage[]
  readonly bundled: readonly BundledPackage[]
}

export type ManifestPackage = {
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly source: PackageFile['source']
  readonly sha256: string
  /** Short names as Debian declares them; ['NOASSERTION'] when nothing usable is declared. */
  readonly licences: readonly string[]
  /** Why the licences are uncertain; empty when they are not. */
  readonly licenceFacts: readonly string[]
  /** Bytes of its files that stay in the image. */
  readonly installedBytes: number
}

export type Executable = {
  readonly path: string
  readonly package: string | null
  readonly sizeBytes: number
  /** What the allow-list says; null: it stays without a reason. */
  readonly reason: string | null
}

export type SetIdFile = {
  readonly path: string
  readonly mode: string
  readonly package: string | null
}
export type FileCapability = {
  readonly path: string
  readonly capabilities: string
  readonly package: string | null
}

/** All files of one package or origin. */
export type Content = {
  readonly name: string
  readonly files: number
  readonly sizeBytes: number
  /** Of all bytes of the image, 0 to 100, one decimal. */
  readonly sharePercent: number
  /** What it takes as shipped; null unless measured for each of its files. */
  readonly compressedBytes: number | null
  readonly largestFile: { readonly path: string; readonly sizeBytes: number }
}

const largestCount = 10

/** Draws up the manifest of an image; pure, and independent of the order of its inputs. */
export function imageManifest(input: ManifestInput): ImageManifest {
  const files = input.files.toSorted((a, b) => compare(a.path, b.path))
  const regular = files.filter((file) => file.type === 'file')
  const packages = input.packages
    .map((entry) => manifestPackage(entry, regular))
    .toSorted((a, b) => compare(a.name, b.name))
  const executables = regular.filter(isExecutable).map(executable)
  return {
    formatVersion: 1,
    image: input.image,
    totals: {
      packages: packages.length,
      files: regular.length,
      executables: executables.length,
      sizeBytes: sumBytes(regular),
    },
    artifacts: input.artifacts.toSorted((a, b) => compare(a.name, b.name)),
    largest: contents(regular).slice(0, largestCount),
    executables,
    setIdFiles: regular.filter(({ mode }) => (mode & 0o6000) !== 0).map(setIdFile),
    fileCapabilities: regular.flatMap(fileCapability),
    packages,
    bundled: input.bundled.toSorted(
      (a, b) => compare(a.kind, b.kind) || compare(a.name, b.name) || compare(a.version, b.version),
    ),
  }
}

/** True for a regular file that is run as a program; Debian marks some libraries executable too. */
export function isExecutable(file: ImageFile): boolean {
  const isLibrary = /\.so(?:\.[\w.]+)?$/.test(file.path)
  return file.type === 'file' && (file.mode & 0o111) !== 0 && !isLibrary
}

/** Orders by code units, which is the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function manifestPackage(entry: PackageFile, files: readonly ImageFile[]): ManifestPackage {
  const licences = declaredLicences(entry.copyright)
  return {
    name: entry.name,
    version: entry.version,
    architecture: entry.architecture,
    source: entry.source,
    sha256: entry.sha256,
    licences: licences.names.length === 0 ? ['NOASSERTION'] : licences.names,
    licenceFacts: licences.facts,
    installedBytes: sumBytes(files.filter((file) => file.package === entry.name)),
  }
}

function executable(file: ImageFile): Executable {
  return {
    path: file.path,
    package: file.package ?? null,
    sizeBytes: file.sizeBytes,
    reason: file.reason ?? null,
  }
}

function setIdFile(file: ImageFile): SetIdFile {
  return {
    path: file.path,
    mode: file.mode.toString(8).padStart(4, '0'),
    package: file.package ?? null,
  }
}

function fileCapability(file: ImageFile): FileCapability[] {
  const { path, capabilities, package: owner = null } = file
  return capabilities === undefined ? [] : [{ path, capabilities, package: owner }]
}

/** Files by what they belong to, largest first. */
function contents(files: readonly ImageFile[]): Content[] {
  const totalBytes = sumBytes(files)
  const groups = Map.groupBy(files, (file) => file.package ?? file.origin ?? file.path)
  return [...groups]
    .map(([name, members]) => content(name, members, totalBytes))
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes || compare(a.name, b.name))
}

function content(name: string, files: readonly ImageFile[], totalBytes: number): Content {
  const sizeBytes = sumBytes(files)
  const largest = files.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a))
  const compressed = files.map((file) => file.compressedBytes)
  return {
    name,
    files: files.length,
    sizeBytes,
    sharePercent: totalBytes === 0 ? 0 : Math.round((sizeBytes / totalBytes) * 1000) / 10,
    compressedBytes: compressed.every((bytes) => bytes !== undefined)
      ? compressed.reduce((sum, bytes) => sum + bytes, 0)
      : null,
    largestFile: { path: largest.path, sizeBytes: largest.sizeBytes },
  }
}

function sumBytes(files: readonly ImageFile[]): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0)
}
