import { SlipwayError } from '../../errors/error.ts'
import { imagesErrors } from '../../errors/images.ts'
import { PassingAnswer } from '../../http/retry.ts'

/** Turns what went wrong on the way to a registry into an error of the catalogue; others pass as they are. */
export function registryFailure(registry: string, error: unknown): unknown {
  if (error instanceof PassingAnswer) return error.report
  if (error instanceof SlipwayError || !(error instanceof Error) || !('code' in error)) return error
  const code = String(error.code)
  const details = { registry, reason: `${error.message || code}` }
  if (code === 'ABORT_ERR') return error
  if (/^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO)/.test(code)) {
    // Node adds advice on its own command line after a semicolon; a host has no such thing.
    const reason = details.reason.split(';')[0] ?? code
    return imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_NOT_TLS', { registry, reason }, error)
  }
  if (code.startsWith('HPE_')) {
    return imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_PROTOCOL', details, error)
  }
  if (/^(?:E[A-Z]+|EAI_[A-Z]+)$/.test(code)) {
    return imagesErrors.error('SLIPWAY_IMAGES_REGISTRY_UNREACHABLE', details, error)
  }
  return error
}

/**
 * What a registry says about a failure in its body (distribution spec, error codes), short and fit
 * to print. Empty when it says nothing that can be read.
 */
export function statedReason(body: string): string {
  const longest = 300
  return errorList(body)
    .map(({ code, message }) =>
      [code, message].filter((part) => typeof part === 'string').join(' '),
    )
    .join('; ')
    .replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ')
    .slice(0, longest)
}

function errorList(body: string): { code?: unknown; message?: unknown }[] {
  try {
    const value: { errors?: unknown } | null = JSON.parse(body)
    const errors: unknown[] = Array.isArray(value?.errors) ? value.errors : []
    return errors.filter((entry) => typeof entry === 'object' && entry !== null)
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
