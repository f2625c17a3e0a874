import { readFile, stat } from 'node:fs/promises'
import { updateAgentErrors } from '../../errors/update-agent.ts'

/** What runs, as the verified /usr says. */
export type RunningSystem = {
  readonly image: string
  readonly version: string
  /** Debian's name. */
  readonly architecture: string
  /** A time that has passed for certain: /usr was made then. */
  readonly builtAt: Date
}

/** Node's names of architectures, and Debian's. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Reads os-release(5). Throws SLIPWAY_UPDATE_RUNNING_UNKNOWN. */
export async function readRunningSystem(file: string): Promise<RunningSystem> {
  const fail = (reason: string, cause?: unknown) =>
    updateAgentErrors.error('SLIPWAY_UPDATE_RUNNING_UNKNOWN', { file, reason }, cause)
  const read = async () => [await readFile(file, 'utf8'), await stat(file)] as const
  const [text, { mtime }] = await read().catch((cause: unknown) => {
    throw fail('it cannot be read', cause)
  })
  const field = (name: string) => {
    const value = new RegExp(`^${name}="?([^"\\n]+)"?$`, 'm').exec(text)?.[1]
    if (value === undefined) throw fail(`it has no ${name}`)
    return value
  }
  return {
    image: field('VARIANT_ID'),
    version: field('IMAGE_VERSION'),
    architecture: architectures[process.arch] ?? process.arch,
    builtAt: mtime,
  }
}
