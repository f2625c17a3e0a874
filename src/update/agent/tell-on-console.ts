import { writeFile } from 'node:fs/promises'
import type { UpdateState } from '../state/state.ts'
import { rolledBackError } from './log-outcome.ts'

/** Whoever stands before a host that has left a release learns of it there. */
export async function tellOnConsole(
  before: UpdateState,
  after: UpdateState,
  console = '/dev/console',
): Promise<void> {
  const error = rolledBackError(before, after)
  if (error === undefined) return
  // A host without a console has nobody before it.
  await writeFile(console, `slipway: ${error.message}\n`, { flag: 'a' }).catch(() => {})
}
