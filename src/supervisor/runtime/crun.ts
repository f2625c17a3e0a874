import { stat } from 'node:fs/promises'
import { isSlipwayError } from '../../errors/error.ts'
import { ifAbsent } from '../../files/absence.ts'
import type { Directories } from '../directories.ts'
import { runProgram } from './programs.ts'

/** The OCI runtime with its state below the runtime directory, and cgroups made by itself. */
export class Crun {
  readonly #directories: Directories

  constructor(directories: Directories) {
    this.#directories = directories
  }

  /** What comes before the verb, also when conmon calls it. */
  get globalArguments(): readonly string[] {
    return ['--root', this.#root, '--cgroup-manager', 'cgroupfs']
  }

  /** Lets a created container's process begin. */
  async start(id: string): Promise<void> {
    await this.#run('start', id)
  }

  async kill(id: string, signal: string): Promise<void> {
    await this.#run('kill', id, signal)
  }

  async pause(id: string): Promise<void> {
    await this.#run('pause', id)
  }

  async resume(id: string): Promise<void> {
    await this.#run('resume', id)
  }

  /** Changes the limits of a running container: `linux.resources` of the runtime specification. */
  async update(id: string, resources: object): Promise<void> {
    await runProgram('crun', [...this.globalArguments, 'update', '--resources=-', id], {
      input: JSON.stringify(resources),
    })
  }

  /** `created`, `running`, `stopped`, or undefined when crun does not know it. */
  async status(id: string): Promise<string | undefined> {
    try {
      const state: unknown = JSON.parse(await this.#run('state', id))
      return typeof state === 'object' && state !== null && 'status' in state
        ? String(state.status)
        : undefined
    } catch (error) {
      if (isSlipwayError(error, 'SLIPWAY_SUPERVISOR_PROGRAM_FAILED')) return undefined
      throw error
    }
  }

  /** Ends what still runs of a container and forgets it; no harm when there is nothing. */
  async delete(id: string): Promise<void> {
    // Asking crun first would be one more program for each container that ends.
    if ((await stat(`${this.#root}/${id}`).catch(ifAbsent)) === undefined) return
    try {
      await this.#run('delete', '--force', id)
    } catch (error) {
      if ((await this.status(id)) !== undefined) throw error
    }
  }

  get #root(): string {
    return `${this.#directories.runtime}/crun`
  }

  async #run(verb: string, ...rest: string[]): Promise<string> {
    return await runProgram('crun', [...this.globalArguments, verb, ...rest])
  }
}
