import { join } from 'node:path'
import { pinPackages } from '../../src/packages/pinned.ts'
import { buildTools } from '../../src/packages/tools.ts'
import { kernelStage } from '../../src/pipeline/kernel.ts'
import { packageTreesStage, toolsTreeStage } from '../../src/pipeline/package-trees.ts'
import { Store } from '../../src/pipeline/store.ts'
import type { MachineBenchOptions } from '../machine-bench.ts'
import { earlyModules, laterModules } from './guest-lines.ts'

/** Paths: the kernel of images for machines with disks, modules of it, and the builder's tools. */
export type GuestKernel = {
  readonly image: string
  readonly modules: string
  readonly initrdModules: string
  readonly tools: string
}

/** The kernel that the image `metal` has: that of clouds knows no arrays. */
const kernelPackage = 'linux-image-amd64'

export async function guestKernel(options: MachineBenchOptions): Promise<GuestKernel> {
  const { project, cache, definition, signal } = options
  const store = new Store(join(cache, 'store'), { signal, emit: () => {} })
  try {
    const lockFile = join(project, 'images/tools.lock.json')
    const { archive, sets } = await pinPackages(
      definition.debian,
      [{ lockFile, asked: Object.keys(buildTools), owner: 'the tools tree' }],
      { cache, signal, locked: false },
    )
    const needed = await archive.resolve([kernelPackage], 'the benchmark', definition.debian.suite)
    const [tools, packages] = await Promise.all([
      store.run(toolsTreeStage(archive, 'tools', 'Unpack the tools tree'), {
        packages: sets[0]?.packages ?? [],
      }),
      store.run(packageTreesStage(archive, 'bench-kernel', 'Unpack the kernel'), {
        packages: needed.filter(({ name }) => name.startsWith('linux-image-')),
      }),
    ])
    const modules = [...earlyModules, ...laterModules].map((name) => [name, 'provisioning'])
    const selection = { modules: Object.fromEntries(modules), initrdModules: [...earlyModules] }
    const { files } = await store.run(kernelStage, { tools, packages, selection })
    return { ...files, tools: tools.files.trees }
  } finally {
    await store.close()
  }
}
