import { JsonShapeError, object, parseJson } from '../json/value.ts'
import { groupPattern } from '../update/settings/schema.ts'

export type LockRequest = { readonly group: string; readonly id: string }

/** FleetLock's form of an error; kinds are few and do not change. */
export type LockProblem = { readonly kind: string; readonly value: string }

/** A request is two short texts. */
export const maximumRequestBytes = 4096

const maximumGroupLength = 64
const maximumIdLength = 128

/** Reads the body of a FleetLock request, or says what is wrong with it. */
export function parseLockRequest(body: Uint8Array): LockRequest | LockProblem {
  try {
    const parameters = object(object(parseJson(body), 'the body').client_params, 'client_params')
    const { group, id } = parameters
    if (typeof group !== 'string' || !isGroup(group))
      return invalid(
        `client_params.group: expected 1 to ${maximumGroupLength} letters, digits, dots and dashes`,
      )
    if (typeof id !== 'string' || !isHolderId(id))
      return invalid(
        `client_params.id: expected 1 to ${maximumIdLength} printable ASCII characters`,
      )
    return { group, id }
  } catch (error) {
    if (error instanceof JsonShapeError) return invalid(error.message)
    throw error
  }
}

export function isGroup(text: string): boolean {
  return text.length <= maximumGroupLength && groupPattern.test(text)
}

/** Goes into logs and lists, hence printable. */
export function isHolderId(text: string): boolean {
  return text.length <= maximumIdLength && /^[!-~]+$/.test(text)
}

function invalid(value: string): LockProblem {
  return { kind: 'invalid_request', value }
}
