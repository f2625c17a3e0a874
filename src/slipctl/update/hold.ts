import { parseArgs } from 'node:util'
import { usageError } from '../verb.ts'
import { askAndPrint } from './ask-agent.ts'

export async function run(programArguments: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, end: { type: 'boolean' } },
  })
  const reason = positionals.join(' ')
  const json = values.json ?? false
  if (values.end === true) {
    if (reason !== '') throw usageError('update hold --end takes no reason')
    return await askAndPrint({ kind: 'hold-end' }, json)
  }
  return await askAndPrint({ kind: 'hold', ...(reason !== '' && { reason }) }, json)
}
