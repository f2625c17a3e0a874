import { parseArgs } from 'node:util'
import { usageError } from '../verb.ts'
import { askAndPrint } from './ask-and-print.ts'
import type { Updates } from './updates.ts'

export async function run(programArguments: readonly string[], updates: Updates): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, end: { type: 'boolean' } },
  })
  const reason = positionals.join(' ')
  const json = values.json ?? false
  if (values.end === true) {
    if (reason !== '') throw usageError('update hold --end takes no reason')
    return await askAndPrint(updates, { kind: 'hold-end' }, json)
  }
  return await askAndPrint(updates, { kind: 'hold', ...(reason !== '' && { reason }) }, json)
}
