import { X509Certificate } from 'node:crypto'
import { ignitionErrors } from '../../errors/ignition.ts'
import { reasonOf } from './failure.ts'

/** The certificates of a bundle in PEM, each checked; throws SLIPWAY_IGNITION_CERTIFICATE. */
export function readBundle(bundle: Buffer, source: string): { pem: string; subject: string }[] {
  const blocks =
    bundle.toString('latin1').match(/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g) ?? []
  if (blocks.length === 0)
    throw ignitionErrors.error('SLIPWAY_IGNITION_CERTIFICATE', { source, reason: 'it is not PEM' })
  return blocks.map((pem) => {
    try {
      return { pem, subject: new X509Certificate(pem).subject.replaceAll('\n', ', ') }
    } catch (error) {
      const details = { source, reason: reasonOf(error) }
      throw ignitionErrors.error('SLIPWAY_IGNITION_CERTIFICATE', details, error)
    }
  })
}
