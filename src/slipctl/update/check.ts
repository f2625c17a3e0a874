import { parseArgs } from 'node:util'
import { askAndPrint } from './ask-and-print.ts'
import type { Updates } from './updates.ts'

export async function run(programArguments: readonly string[], updates: Updates): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  return await askAndPrint(updates, { kind: 'check' }, values.json ?? false)
}
