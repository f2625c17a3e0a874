import { reasonOf } from '../sources/failure.ts'
import { type LabelledDrive, patience, readDrive } from './drive-service.ts'
import { type Provider, providerFailed } from './provider.ts'

/** How long a drive may take to appear that is there only if the user gave data. */
const optionalDriveMs = 30_000

/** A platform with a drive cidata, which is missing when the user gave no data. */
export function cidataProvider(
  platform: string,
  files: Pick<LabelledDrive, 'paths' | 'accepts'>,
  directory = '/dev/disk/by-label',
  waitMs = optionalDriveMs,
): Provider {
  return {
    fetch: async (context) => {
      const limit = patience(waitMs, context)
      try {
        return await readDrive({ ...files, label: 'cidata', directory }, context, limit)
      } catch (error) {
        context.signal?.throwIfAborted()
        if (!limit.aborted) throw providerFailed(platform, reasonOf(error), error)
        context.log.info(`no drive cidata came within ${waitMs / 1000} s`)
        return undefined
      }
    },
  }
}
