import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { imagesErrors } from '../../errors/images.ts'

/**
 * Brings everything written below a directory to the disk (syncfs), by `sync --file-system`: Node has
 * no such call, and an fsync of each of a layer's thousands of files costs far more. Callers that
 * come while one run is under way share the next.
 */
export class FileSystemSync {
  readonly #program: string
  readonly #directory: string
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(program: string, directory: string) {
    this.#program = program
    this.#directory = directory
  }

  /** @throws SLIPWAY_IMAGES_PROGRAM_FAILED */
  async flush(): Promise<void> {
    this.#next ??= this.#after(this.#running)
    await this.#next
  }

  async #after(running: Promise<void>): Promise<void> {
    // Its failure was told to those who waited for it; it says nothing about this run.
    await running.catch(() => {})
    this.#next = undefined
    this.#running = this.#run()
    await this.#running
  }

  async #run(): Promise<void> {
    const child = spawn(this.#program, ['--file-system', this.#directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C' },
    })
    let output = ''
    child.stderr.on('data', (piece: Buffer) => {
      output += piece.toString('utf8')
    })
    const [status] = await once(child, 'close').catch((error: Error) => [error.message])
    if (status === 0) return
    const details = { program: this.#program, status: `exit status ${status}`, output }
    throw imagesErrors.error('SLIPWAY_IMAGES_PROGRAM_FAILED', details)
  }
}
