import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DiskFormat, ImageDefinition } from '../image/definition.ts'
import type { Move } from '../packages/lock.ts'
import { type PackageSet, pinPackages } from '../packages/pinned.ts'
import { buildTools } from '../packages/tools.ts'
import { readUnitSources } from '../tree/unit-sources.ts'
import { parseVersion } from '../update/version.ts'
import { apparmorPolicyStage, readContainerProfile } from './apparmor-policy.ts'
import { artifactsOf } from './artifacts.ts'
import { strippedTreeStage } from './base-tree.ts'
import { bundledPackages } from './bundled.ts'
import { containerImagesSource, pinnedImages } from './container-images-source.ts'
import { diskStage } from './disk.ts'
import { type ConvertedDisks, convertedFormats, diskFormats } from './disk-formats/index.ts'
import type { FormatInputs } from './disk-formats/stage.ts'
import { bundleHost } from './host-bundle.ts'
import { hostExecutableStage, nodeStage, nodeVersion } from './host-executable.ts'
import { initrdStage } from './initrd.ts'
import { kernelStage } from './kernel.ts'
import { checkKernel, kernelRequirements, kernelRulesDirectory } from './kernel-requirements.ts'
import { manifestStage } from './manifest.ts'
import { osRelease } from './os-release.ts'
import { packageTreesStage, toolsTreeStage } from './package-trees.ts'
import { type StageEvent, Store } from './store.ts'
import { trustSource } from './trust-source.ts'
import { ukiStage } from './uki.ts'
import { usrStage } from './usr.ts'
import { usrTreeStage } from './usr-tree.ts'

export type BuildOptions = {
  /** The checkout: where images, units and the host's code lie. */
  readonly project: string
  readonly cache: string
  readonly locked: boolean
  /** The release's version; that of package.json unless given. */
  readonly version?: string | undefined
  readonly signal: AbortSignal
  readonly emit: (event: StageEvent) => void
}

const toolsTitle = 'Unpack the tools tree'
const packagesTitle = 'Unpack packages'

/** The stages in the order that data flows, by name, with what the engineer reads. */
export const stageTitles: Readonly<Record<string, string>> = {
  tools: toolsTitle,
  packages: packagesTitle,
  ...Object.fromEntries(
    [
      nodeStage,
      kernelStage,
      strippedTreeStage,
      hostExecutableStage,
      apparmorPolicyStage,
      initrdStage,
      usrTreeStage,
      usrStage,
      ukiStage,
      diskStage,
      ...convertedFormats.map((format) => diskFormats[format].stage),
      manifestStage,
    ].map(({ name, title }) => [name, title]),
  ),
}

/**
 * Builds an image from its definition and gives the results of the stages. Stages whose inputs have not
 * changed are not run again. When it ends, for whatever reason, nothing of it runs any more.
 *
 * @throws SLIPWAY_UPDATE_VERSION_INVALID, SLIPWAY_BUILD_TRUST_UNUSABLE, and the errors of the stages
 */
export async function buildImage(image: ImageDefinition, options: BuildOptions) {
  const store = new Store(join(options.cache, 'store'), { ...options, subject: image.name })
  try {
    await store.sweep()
    return await runStages(image, options, store)
  } finally {
    await store.close()
  }
}

/**
 * The host executable alone, as a build would make it: its path. Throws what the stages throw.
 */
export async function buildHostExecutable(
  image: ImageDefinition,
  options: BuildOptions,
): Promise<string> {
  const { project, cache } = options
  const store = new Store(join(cache, 'store'), { ...options, subject: image.name })
  try {
    const [toolsPackages] = packageSets(image, project)
    const { archive, sets } = await pinPackages(image.debian, [toolsPackages], options)
    const version = options.version ?? (await projectVersion(project))
    const { main, pieces } = await bundleHost(project, version)
    const tools = await store.run(toolsTreeStage(archive, 'tools', toolsTitle), {
      packages: sets[0]?.packages ?? [],
    })
    const node = await store.run(nodeStage, { tools, version: nodeVersion() })
    return (await store.run(hostExecutableStage, { node, main, pieces })).files.executable
  } finally {
    await store.close()
  }
}

export type BuiltImage = Awaited<ReturnType<typeof buildImage>>

async function runStages(image: ImageDefinition, options: BuildOptions, store: Store) {
  const { project, signal } = options
  const version = parseVersion(options.version ?? (await projectVersion(project)))
  const requirements = await kernelRequirements(image.kernel, kernelRulesDirectory(project))
  const units = await projectFiles(image, project, version)
  const trust = await trustSource(image.updates, project)
  const profile = await readContainerProfile(project)
  const containerImages = pinnedImages(image.containerImages)
  const [{ archive, sets }, bundle] = await Promise.all([
    pinPackages(image.debian, packageSets(image, project), options),
    bundleHost(project, version),
  ])
  const [toolsSet, imageSet] = sets
  if (!toolsSet || !imageSet) throw new Error('a package set was lost')
  const bundled = await bundledPackages(project, bundle.packages, nodeVersion())

  const [tools, packages] = await Promise.all([
    store.run(toolsTreeStage(archive, 'tools', toolsTitle), { packages: toolsSet.packages }),
    store.run(packageTreesStage(archive, 'packages', packagesTitle), {
      packages: imageSet.packages,
    }),
  ])
  const release = osRelease(image.name, version)
  const { seed, slots, formats } = image
  const { modules, initrdModules, commandLine } = image.kernel

  const node = await store.run(nodeStage, { tools, version: nodeVersion() })
  const [[kernel, kernelReport], stripped, host, apparmor] = await Promise.all([
    store
      .run(kernelStage, { tools, packages, selection: { modules, initrdModules } })
      .then(async (kernel) => [kernel, await checkKernel(kernel, requirements)] as const),
    store.run(strippedTreeStage, { packages, node, rules: image.strip }),
    store.run(hostExecutableStage, { node, main: bundle.main, pieces: bundle.pieces }),
    store.run(apparmorPolicyStage, { tools, profile }),
  ])
  const { epoch } = stripped.facts
  const hostUnits = [
    ...units.host,
    requirements.sysctls,
    ...trust,
    ...containerImagesSource(containerImages, version),
  ]
  const [initrd, [usrTree, usr]] = await Promise.all([
    store.run(initrdStage, {
      packages,
      kernel,
      units: units.initrd,
      osRelease: release,
      epoch,
    }),
    store
      .run(usrTreeStage, {
        ...{ tools, stripped, kernel, apparmor },
        ...{ units: hostUnits, osRelease: release },
      })
      .then(async (usrTree) => {
        const inputs = { tools, usrTree, host, fileSystem: image.usr, slots, seed, epoch }
        return [usrTree, await store.run(usrStage, inputs)] as const
      }),
  ])
  const uki = await store.run(ukiStage, {
    tools,
    kernel,
    initrd,
    usr,
    commandLine,
    osRelease: release,
    epoch,
  })
  const disk = await store.run(diskStage, { tools, usr, uki, slots, version, seed, epoch })
  const converted = await convertDisk(store, formats, { tools, disk, seed, epoch })
  const artifacts = artifactsOf({ formats, usr, uki, disk, converted })
  const manifest = await store.run(manifestStage, {
    image: {
      name: image.name,
      version,
      architecture: image.architecture,
      suite: image.debian.suite,
    },
    packages: imageSet.packages,
    bundled,
    executables: image.strip.executables,
    containerImages,
    units: hostUnits.map(({ destination }) => destination),
    kernelReport,
    epoch,
    tools,
    packageTrees: packages,
    stripped,
    kernel,
    usrTree,
    host,
    usr,
    initrd,
    artifacts,
  })
  signal.throwIfAborted()
  const moved: Move[] = sets.flatMap((set) => [...set.moved])
  return {
    version,
    formats,
    moved,
    tools,
    packages,
    kernel,
    kernelReport,
    stripped,
    host,
    initrd,
    usr,
    uki,
    disk,
    converted,
    artifacts,
    manifest,
    bundle,
  }
}

async function convertDisk(
  store: Store,
  formats: readonly DiskFormat[],
  inputs: FormatInputs,
): Promise<ConvertedDisks> {
  const disks: { -readonly [Format in keyof ConvertedDisks]: ConvertedDisks[Format] } = {}
  for (const format of convertedFormats)
    if (formats.includes(format)) disks[format] = await store.run(diskFormats[format].stage, inputs)
  return disks
}

/** The project's own files for the image, those of the initrd apart. */
async function projectFiles(image: ImageDefinition, project: string, version: string) {
  const directory = join(project, 'units')
  const values = { version, slots: image.slots, image: image.name }
  const isInitrd = (name: string) => /^initrd(?:-\w+)?\//.test(name)
  const [host, initrd] = await Promise.all([
    readUnitSources(
      directory,
      image.units.filter((name) => !isInitrd(name)),
      values,
    ),
    readUnitSources(directory, image.units.filter(isInitrd), values),
  ])
  return { host, initrd }
}

function packageSets(image: ImageDefinition, project: string): [PackageSet, PackageSet] {
  const newest = image.kernel.flavour === 'cloud' ? 'linux-image-cloud-amd64' : 'linux-image-amd64'
  const kernel = image.kernel.package ?? newest
  return [
    {
      lockFile: join(project, 'images/tools.lock.json'),
      asked: Object.keys(buildTools),
      owner: 'the tools tree',
    },
    {
      lockFile: join(project, 'images', `${image.name}.lock.json`),
      asked: [...image.packages, kernel],
      owner: image.name,
    },
  ]
}

async function projectVersion(project: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(project, 'package.json'), 'utf8')) as {
    version: string
  }
  return manifest.version
}
