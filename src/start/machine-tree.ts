import { join } from 'node:path'
import type { DebianSource } from '../image/definition.ts'
import { pinPackages } from '../packages/pinned.ts'
import { engineTools, machineTools, testTools } from '../packages/tools.ts'
import { toolsTreeStage } from '../pipeline/package-trees.ts'
import { type StageEvent, Store } from '../pipeline/store.ts'

export type MachineTreeOptions = {
  readonly project: string
  readonly cache: string
  readonly locked: boolean
  readonly signal: AbortSignal
  readonly emit: (event: StageEvent) => void
}

export const machineTreeTitle = 'Unpack QEMU, firmware and a registry'
const engineTreeTitle = 'Unpack Docker’s engine'

/** The tree of programs that boot and test images: its path. Unpacked once, like every stage's result. */
export async function machineTree(
  debian: DebianSource,
  options: MachineTreeOptions,
): Promise<{ tree: string; store: Store }> {
  const store = new Store(join(options.cache, 'store'), options)
  const tree = await unpacked(debian, options, store, 'machine', Object.keys(machineTools))
  return { tree, store }
}

/** The tree of programs that component tests drive, QEMU and the registry among them: its path. */
export function testTree(debian: DebianSource, options: MachineTreeOptions): Promise<string> {
  const store = new Store(join(options.cache, 'store'), options)
  const asked = [...new Set([...Object.keys(machineTools), ...Object.keys(testTools)])]
  return unpacked(debian, options, store, 'test', asked).finally(() => store.close())
}

/** The tree with Docker's engine and client, which is laid over the test tree: its path. */
export function engineTree(debian: DebianSource, options: MachineTreeOptions): Promise<string> {
  const store = new Store(join(options.cache, 'store'), options)
  const asked = Object.keys(engineTools)
  return unpacked(debian, options, store, 'engine', asked, engineTreeTitle).finally(() =>
    store.close(),
  )
}

async function unpacked(
  debian: DebianSource,
  options: MachineTreeOptions,
  store: Store,
  name: string,
  asked: readonly string[],
  title = machineTreeTitle,
): Promise<string> {
  const lockFile = join(options.project, `images/${name}.lock.json`)
  const owner = `the ${name} tree`
  const { archive, sets } = await pinPackages(debian, [{ lockFile, asked, owner }], options)
  const stage = toolsTreeStage(archive, `${name}-tools`, title)
  const result = await store.run(stage, { packages: sets[0]?.packages ?? [] })
  return result.files.trees
}
