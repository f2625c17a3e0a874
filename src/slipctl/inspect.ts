import { parseArgs } from 'node:util'
import { getJson } from '../supervisor/api/client.ts'
import { usageError, type VerbContext } from './verb.ts'

export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { positionals } = parseArgs({ args: [...programArguments], allowPositionals: true })
  const [name] = positionals
  if (name === undefined || positionals.length > 1)
    throw usageError('inspect takes the name of one container')
  const answer = await getJson(endpoint, `/containers/${encodeURIComponent(name)}/json`)
  process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  return 0
}
