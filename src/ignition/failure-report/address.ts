import { gunzipSync } from 'node:zlib'
import { decodeDataUrl } from '../../ignition-schema/index.ts'
import { jsonIfAny, valueAt } from '../../json/value.ts'

/** A file of the config with nothing in it but an address of http or https: where failures are reported. */
export const addressFile = '/etc/slipway/provisioning-report'

const kernelArgument = /^slipway\.provisioning-report=(.+)$/s

/** More than any address, and than any machine would not have in memory. */
const maximumBytes = 16 * 1024

/** The address that the kernel's command line names; the last one counts. */
export function kernelReportAddress(commandLine: string): string | undefined {
  return commandLine
    .split(/\s+/)
    .findLast((word) => kernelArgument.test(word))
    ?.replace(/^[^=]+=/, '')
}

/**
 * The address that a config names by the contents of `addressFile`. The config may be wrong in every other way:
 * that is what would be reported.
 */
export function configReportAddress(config: string): string | undefined {
  const file = list(valueAt(jsonIfAny(config), 'storage', 'files')).findLast(
    (each) => valueAt(each, 'path') === addressFile,
  )
  const source = valueAt(file, 'contents', 'source')
  if (typeof source !== 'string') return undefined
  const { data } = decodeDataUrl(source)
  if (data === undefined || data.length > maximumBytes) return undefined
  const isPacked = valueAt(file, 'contents', 'compression') === 'gzip'
  const text = isPacked ? unpacked(data) : Buffer.from(data).toString('utf8')
  return text?.trim() || undefined
}

function unpacked(data: Uint8Array): string | undefined {
  try {
    return gunzipSync(data, { maxOutputLength: maximumBytes }).toString('utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
