import { parseArgs } from 'node:util'
import { statusText } from './status-text.ts'
import type { Updates } from './updates.ts'

/** Throws what `Updates` throws. */
export async function run(programArguments: readonly string[], updates: Updates): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  const status = await updates.status()
  process.stdout.write(
    values.json === true ? `${JSON.stringify(status, undefined, 2)}\n` : statusText(status),
  )
  return 0
}
