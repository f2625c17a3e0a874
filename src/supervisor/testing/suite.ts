import { after } from 'node:test'
import type { CleanUps } from './world.ts'

/** What a suite has to clear away when it is over, all of it even when one step fails. To be called in the suite itself. */
export function cleanUpsOfSuite(): CleanUps {
  const cleanUps: (() => Promise<void>)[] = []
  after(async () => {
    const failures: unknown[] = []
    for (const cleanUp of cleanUps) await cleanUp().catch((error) => failures.push(error))
    if (failures.length === 1) throw failures[0]
    if (failures.length > 0) throw new AggregateError(failures, 'the suite did not clean up')
  })
  return { after: (cleanUp) => void cleanUps.push(cleanUp) }
}
