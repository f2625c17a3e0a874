import type { SlipwayError } from '../../errors/error.ts'
import { updateErrors } from '../../errors/update.ts'

export type Circumstances = {
  readonly server: string
  /** The file that was read last. */
  readonly file: string
  readonly now: Date
  /** Where tuf-js writes. */
  readonly directory: string
}

/**
 * Names the attack, or the mistake, that made tuf-js refuse metadata. It tells some of its reasons only
 * by their text, and these are the texts of the version that package.json pins.
 */
export function refusalOf(
  error: unknown,
  { server, file, now, directory }: Circumstances,
): SlipwayError {
  const text = error instanceof Error ? error.message : String(error)
  const reason = text.replace(/^Unable to load \S+(?: metadata)? error \w*Error: /, '')
  const refusal = (code: Parameters<typeof updateErrors.error>[0], details = {}) =>
    updateErrors.error(code, { server, file, reason, ...details }, error)

  if (/Failed to persist metadata/.test(text))
    return updateErrors.error('SLIPWAY_UPDATE_CACHE_FAILED', { directory, reason }, error)

  const expired = /(\S+\.json) is expired/.exec(text)?.[1]
  if (expired !== undefined)
    return refusal('SLIPWAY_UPDATE_METADATA_EXPIRED', { file: expired, now: now.toISOString() })

  const isRoot = /^\d+\.root\.json$/.test(file)
  const [, found = '', needed = ''] = /was signed by (\d+)\/(\d+) keys/.exec(text) ?? []
  if (found !== '' && found !== '0')
    return refusal('SLIPWAY_UPDATE_METADATA_THRESHOLD', { found, needed })
  if (found === '0')
    return isRoot
      ? refusal('SLIPWAY_UPDATE_ROOT_ROTATION_BROKEN', { reason: 'its keys did not sign it' })
      : refusal('SLIPWAY_UPDATE_METADATA_WRONG_KEY')
  if (isRoot && /Expected version \d+, got/.test(text))
    return refusal('SLIPWAY_UPDATE_ROOT_ROTATION_BROKEN')

  if (/is less than current version|Missing file \S+ in new snapshot/.test(text))
    return refusal('SLIPWAY_UPDATE_METADATA_ROLLBACK')
  if (/Expected (?:hash|length) |doesn't match timestamp|does not match snapshot/.test(text))
    return refusal('SLIPWAY_UPDATE_METADATA_MIXED')
  return refusal('SLIPWAY_UPDATE_METADATA_INVALID')
}
