import { parseArgs } from 'node:util'
import { parseVersion } from '../../update/version.ts'
import { usageError } from '../verb.ts'
import { askAndPrint } from './ask-and-print.ts'
import type { Updates } from './updates.ts'

export async function run(programArguments: readonly string[], updates: Updates): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' }, 'no-reboot': { type: 'boolean' } },
  })
  const [version] = positionals
  if (positionals.length > 1) throw usageError('update apply takes one version at most')
  return await askAndPrint(
    updates,
    {
      kind: 'apply',
      reboot: values['no-reboot'] !== true,
      ...(version !== undefined && { version: parseVersion(version) }),
    },
    values.json ?? false,
  )
}
