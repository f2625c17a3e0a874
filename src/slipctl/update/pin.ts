import { parseArgs } from 'node:util'
import { parseVersion } from '../../update/version.ts'
import { usageError } from '../verb.ts'
import { askAndPrint } from './ask-and-print.ts'
import type { Updates } from './updates.ts'

export async function run(programArguments: readonly string[], updates: Updates): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, end: { type: 'boolean' } },
  })
  const [version, ...more] = positionals
  const json = values.json ?? false
  if (values.end === true) {
    if (version !== undefined) throw usageError('update pin --end takes no version')
    return await askAndPrint(updates, { kind: 'pin-end' }, json)
  }
  if (version === undefined || more.length > 0)
    throw usageError('update pin takes one version, or --end')
  return await askAndPrint(updates, { kind: 'pin', version: parseVersion(version) }, json)
}
