import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageDefinition } from '../image/definition.ts'
import type { Move } from '../packages/lock.ts'
import { type PackageSet, pinPackages } from '../packages/pinned.ts'
import { buildTools } from '../packages/tools.ts'
import { readUnitSources } from '../tree/unit-sources.ts'
import { strippedTreeStage } from './base-tree.ts'
import { diskStage } from './disk.ts'
import { bundleHost, hostExecutableStage, nodeStage } from './host-executable.ts'
import { initrdStage } from './initrd.ts'
import { kernelStage } from './kernel.ts'
import { osRelease } from './os-release.ts'
import { packageTreesStage, toolsTreeStage } from './package-trees.ts'
import { qcow2Stage } from './qcow2.ts'
import { type StageEvent, Store } from './store.ts'
import { ukiStage } from './uki.ts'
import { usrStage } from './usr.ts'
import { usrTreeStage } from './usr-tree.ts'

export type BuildOptions = {
  /** The checkout: where images, units and the host's code lie. */
  readonly project: string
  readonly cache: string
  readonly locked: boolean
  readonly signal: AbortSignal
  readonly emit: (event: StageEvent) => void
}

/** The stages in the order that data flows; `title` is what the engineer sees. */
export const stageNames = [
  'tools',
  'packages',
  'kernel',
  'strip',
  'usr-tree',
  'initrd',
  'node',
  'host-executable',
  'usr',
  'uki',
  'disk',
  'qcow2',
] as const

/**
 * Builds an image from its definition and gives the results of the stages. Stages whose inputs have not changed
 * are not run again.
 */
export async function buildImage(image: ImageDefinition, options: BuildOptions) {
  const { project, signal } = options
  const store = new Store(join(options.cache, 'store'), options)
  await store.sweep()
  const version = await projectVersion(project)
  const { archive, sets } = await pinPackages(image.debian, packageSets(image, project), options)
  const [toolsSet, imageSet] = sets
  if (!toolsSet || !imageSet) throw new Error('a package set was lost')

  const [tools, packages, bundle] = await Promise.all([
    store.run(toolsTreeStage(archive, 'tools', 'Unpack the tools tree'), {
      packages: toolsSet.packages,
    }),
    store.run(packageTreesStage(archive, 'packages', 'Unpack packages'), {
      packages: imageSet.packages,
    }),
    bundleHost(project, version),
  ])

  const values = { version, slots: image.slots, image: image.name }
  const unitDirectory = join(project, 'units')
  const isInitrd = (name: string) => name.startsWith('initrd/')
  const [hostUnits, initrdUnits] = await Promise.all([
    readUnitSources(
      unitDirectory,
      image.units.filter((name) => !isInitrd(name)),
      values,
    ),
    readUnitSources(unitDirectory, image.units.filter(isInitrd), values),
  ])
  const release = osRelease(image.name, version)
  const { seed } = image
  const { modules, initrdModules } = image.kernel

  const node = await store.run(nodeStage, { tools, version: process.version })
  const [kernel, stripped, host] = await Promise.all([
    store.run(kernelStage, { tools, packages, selection: { modules, initrdModules } }),
    store.run(strippedTreeStage, { packages, node, rules: image.strip }),
    store.run(hostExecutableStage, { node, code: bundle.code }),
  ])
  const { epoch } = stripped.facts
  const [initrd, usr] = await Promise.all([
    store.run(initrdStage, {
      tools,
      packages,
      kernel,
      units: initrdUnits,
      osRelease: release,
      epoch,
    }),
    store
      .run(usrTreeStage, { tools, stripped, kernel, units: hostUnits, osRelease: release })
      .then((usrTree) =>
        store.run(usrStage, {
          tools,
          usrTree,
          host,
          fileSystem: image.usr,
          slots: image.slots,
          seed,
          epoch,
        }),
      ),
  ])
  const uki = await store.run(ukiStage, {
    tools,
    kernel,
    initrd,
    usr,
    commandLine: image.kernel.commandLine,
    osRelease: release,
    epoch,
  })
  const disk = await store.run(diskStage, {
    tools,
    usr,
    uki,
    slots: image.slots,
    version,
    seed,
    epoch,
  })
  const qcow2 = image.formats.includes('qcow2')
    ? await store.run(qcow2Stage, { tools, disk })
    : undefined
  signal.throwIfAborted()
  const moved: Move[] = sets.flatMap((set) => [...set.moved])
  return {
    version,
    moved,
    tools,
    packages,
    kernel,
    stripped,
    host,
    initrd,
    usr,
    uki,
    disk,
    qcow2,
    bundle,
  }
}

export type BuiltImage = Awaited<ReturnType<typeof buildImage>>

function packageSets(image: ImageDefinition, project: string): [PackageSet, PackageSet] {
  const kernel = image.kernel.flavour === 'cloud' ? 'linux-image-cloud-amd64' : 'linux-image-amd64'
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
