import { parseArgs } from 'node:util'
import { askAndPrint } from './ask-and-print.ts'
import type { Updates } from './updates.ts'

export async function run(programArguments: readonly string[], updates: Updates): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  })
  const reason = positionals.join(' ')
  const order = { kind: 'rollback' as const, ...(reason !== '' && { reason }) }
  return await askAndPrint(updates, order, values.json ?? false)
}
