import { buildErrors } from '../errors/build.ts'
import { isSlipwayError } from '../errors/error.ts'

/**
 * The catalogue's error for what the system refused below `directory`: no space, no permission. Gives
 * other errors back as they are.
 */
export function explainSystemError(error: unknown, directory: string, doing: string): unknown {
  if (isSlipwayError(error) || !(error instanceof Error) || !('code' in error)) return error
  const details = { directory, doing: `doing "${doing}"` }
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return buildErrors.error('SLIPWAY_BUILD_DISK_FULL', details, error)
    case 'EACCES':
    case 'EROFS':
      return buildErrors.error(
        'SLIPWAY_BUILD_NOT_PERMITTED',
        { path: 'path' in error ? String(error.path) : directory },
        error,
      )
    default:
      return error
  }
}
