import { isSlipwayError } from '../../errors/error.ts'
import { describeError } from '../../journal/log.ts'

/** An answer other than 200 with Docker's error body. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The status by which Docker answers each kind of failure; 500 for what is not here. */
const statuses: Readonly<Record<string, number>> = {
  SLIPWAY_ENGINE_NO_SUCH_CONTAINER: 404,
  SLIPWAY_ENGINE_NO_SUCH_EXEC: 404,
  SLIPWAY_ENGINE_NO_SUCH_IMAGE: 404,
  SLIPWAY_ENGINE_NO_SUCH_VOLUME: 404,
  SLIPWAY_ENGINE_NO_VOLUME_DRIVER: 404,
  SLIPWAY_ENGINE_VOLUME_IN_USE: 409,
  SLIPWAY_ENGINE_NO_SUCH_NETWORK: 404,
  SLIPWAY_ENGINE_NETWORK_EXISTS: 409,
  SLIPWAY_ENGINE_NETWORK_ACTIVE: 403,
  SLIPWAY_ENGINE_NETWORK_PREDEFINED: 403,
  SLIPWAY_ENGINE_NETWORK_FORBIDDEN: 403,
  SLIPWAY_ENGINE_NO_NETWORK_DRIVER: 404,
  SLIPWAY_ENGINE_SUBNET_OVERLAPS: 403,
  SLIPWAY_ENGINE_NO_FREE_SUBNET: 400,
  SLIPWAY_ENGINE_ADDRESS_IN_USE: 403,
  SLIPWAY_ENGINE_NOT_CONNECTED: 403,
  SLIPWAY_ENGINE_INVALID: 400,
  SLIPWAY_ENGINE_UNSUPPORTED: 400,
  SLIPWAY_ENGINE_NAME_INVALID: 400,
  SLIPWAY_ENGINE_START_FAILED: 400,
  SLIPWAY_ENGINE_LOG_NOT_READABLE: 501,
  SLIPWAY_ENGINE_NAME_IN_USE: 409,
  SLIPWAY_ENGINE_IMAGE_CONFLICT: 409,
  SLIPWAY_ENGINE_IMAGE_HELD: 409,
  SLIPWAY_ENGINE_NOT_RUNNING: 409,
  SLIPWAY_ENGINE_IS_PAUSED: 409,
  SLIPWAY_ENGINE_EXEC_PAUSED: 409,
  SLIPWAY_ENGINE_NOT_PAUSED: 409,
  SLIPWAY_ENGINE_ALREADY_PAUSED: 409,
  SLIPWAY_ENGINE_STILL_RUNNING: 409,
  SLIPWAY_ENGINE_DECLARED: 409,
  SLIPWAY_ENGINE_HOLDER_NOT_RUNNING: 409,
  SLIPWAY_ENGINE_EXEC_RUNNING: 409,
  SLIPWAY_SUPERVISOR_BIND_SOURCE_MISSING: 400,
  SLIPWAY_SUPERVISOR_DEVICE_MISSING: 400,
  SLIPWAY_SUPERVISOR_NO_COMMAND: 400,
  SLIPWAY_SUPERVISOR_NO_TERMINAL: 409,
  SLIPWAY_SUPERVISOR_USER_UNKNOWN: 400,
  SLIPWAY_IMAGES_REFERENCE_INVALID: 400,
}

/** Status and text of the answer to a request that failed. */
export function answerTo(error: unknown): { status: number; message: string } {
  const message = describeError(error)
  if (error instanceof HttpError) return { status: error.status, message }
  return { status: isSlipwayError(error) ? (statuses[error.code] ?? 500) : 500, message }
}
