import { once } from 'node:events'
import { engineErrors } from '../../errors/engine.ts'
import { encodeHeader, padding, type TarHeader } from '../images/tar-header.ts'
import { startTar, type TarProgram } from '../images/tar-program.ts'
import { findProgram } from '../runtime/programs.ts'
import type { HeldDirectory } from './held-directory.ts'

/**
 * Makes one entry of an archive by GNU tar, which can do what Node cannot: device nodes, pipes, and
 * extended attributes. It gets a bare name and the descriptor of the directory, so there is no way to
 * lead it astray.
 */
export class SingleEntryTar {
  readonly #program: TarProgram
  readonly #parent: HeldDirectory
  readonly #header: TarHeader

  private constructor(program: TarProgram, parent: HeldDirectory, header: TarHeader) {
    this.#program = program
    this.#parent = parent
    this.#header = header
  }

  /** @param parent becomes the entry's, which lets it go */
  static async start(header: TarHeader, parent: HeldDirectory): Promise<SingleEntryTar> {
    const program = startTar(await findProgram('tar'), `/proc/${process.pid}/fd/${parent.fd}`)
    const one = new SingleEntryTar(program, parent, header)
    // Why it ended is told by its end.
    program.stdin.on('error', () => {})
    await one.write(encodeHeader(header))
    return one
  }

  async write(piece: Buffer): Promise<void> {
    const { stdin, end } = this.#program
    if (!stdin.write(piece)) await Promise.race([once(stdin, 'drain'), end])
  }

  async end(): Promise<void> {
    try {
      this.#program.stdin.end(padding(this.#header.sizeBytes))
      const { status, complaints } = await this.#program.end
      if (status !== 'exit status 0' || complaints !== '')
        throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_FAILED', {
          name: this.#header.name,
          reason: complaints || status,
        })
    } finally {
      await this.#parent[Symbol.asyncDispose]()
    }
  }

  async abandon(): Promise<void> {
    this.#program.kill()
    await this.#program.end
    await this.#parent[Symbol.asyncDispose]()
  }
}
