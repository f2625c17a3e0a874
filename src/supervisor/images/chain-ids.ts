import { digestOf } from './digest.ts'

/** The chain IDs of a stack of layers, bottom first (image-spec 1.1, config.md). */
export function chainIds(diffIds: readonly string[]): string[] {
  const chain: string[] = []
  for (const diffId of diffIds) {
    const below = chain.at(-1)
    chain.push(below === undefined ? diffId : digestOf(Buffer.from(`${below} ${diffId}`)))
  }
  return chain
}
