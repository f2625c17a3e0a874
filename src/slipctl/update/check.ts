import { parseArgs } from 'node:util'
import { askAndPrint } from './ask-agent.ts'

export async function run(programArguments: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  return await askAndPrint({ kind: 'check' }, values.json ?? false)
}
