import { parseArgs } from 'node:util'
import { askAndPrint } from './ask-agent.ts'

export async function run(programArguments: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  })
  const reason = positionals.join(' ')
  const order = { kind: 'rollback' as const, ...(reason !== '' && { reason }) }
  return await askAndPrint(order, values.json ?? false)
}
