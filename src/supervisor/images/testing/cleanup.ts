import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** What a test undoes at its end, last made first, all of it even when one step fails. */
export class Cleanup {
  readonly #steps: (() => Promise<unknown>)[] = []

  constructor(context: TestContext) {
    context.after(async () => {
      const failures: unknown[] = []
      for (const step of this.#steps.reverse()) await step().catch((error) => failures.push(error))
      if (failures.length > 0) throw new AggregateError(failures, 'the test did not clean up')
    })
  }

  defer(step: () => Promise<unknown>): void {
    this.#steps.push(step)
  }

  /** A directory of the test's own. */
  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-images-'))
    this.defer(() => rm(directory, { recursive: true, force: true }))
    return directory
  }
}
