import { after } from 'node:test'
import type { CleanUps } from './world.ts'

/** What a suite has to clear away when it is over. To be called in the suite itself. */
export function cleanUpsOfSuite(): CleanUps {
  const cleanUps: (() => Promise<void>)[] = []
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })
  return { after: (cleanUp) => void cleanUps.push(cleanUp) }
}
