import type { ImageDefinition } from '../src/image/definition.ts'
import { buildHostExecutable } from '../src/pipeline/index.ts'

/** A topic that is measured in processes of this machine. */
export type MachineBenchOptions = {
  readonly project: string
  readonly cache: string
  readonly definition: ImageDefinition
  /** Where its tree is kept between runs. */
  readonly directory: string
  readonly peers: boolean
  /** How often each figure is taken. */
  readonly runs: number
  readonly signal: AbortSignal
  say(text: string): void
}

/** The path of the host executable, built if need be. */
export async function hostExecutable(options: MachineBenchOptions): Promise<string> {
  const { project, cache, definition, signal, say } = options
  say('building the host executable')
  return await buildHostExecutable(definition, {
    ...{ project, cache, locked: false, signal },
    emit: () => {},
  })
}
