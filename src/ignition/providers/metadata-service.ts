import { gunzipSync } from 'node:zlib'
import { reasonOf } from '../sources/failure.ts'
import type { HttpRequest } from '../sources/http.ts'
import { type Provider, type ProviderContext, providerFailed } from './provider.ts'

export type MetadataService = {
  readonly platform: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses that may become better ones, besides 429 and those from 500 on. */
  readonly retryStatuses?: readonly number[]
  /** What the service tells by 404; `no config` unless told. */
  readonly missing?: 'no config' | 'failure'
  readonly encoding?: 'base64'
  readonly localPort?: () => number
}

/** A service at a fixed address that has the user data. */
export function metadataService(service: MetadataService): Provider {
  return {
    fetch: async (context) => {
      const data = await askService(service, context)
      return data && { source: `user data of ${service.platform}`, data }
    },
  }
}

/** The user data; undefined when there is none. Throws as Fetcher.fetch, SLIPWAY_IGNITION_PROVIDER_FAILED. */
export async function askService(
  service: MetadataService,
  { fetcher, signal }: ProviderContext,
): Promise<Buffer | undefined> {
  const { platform, url, missing = 'no config', encoding } = service
  const data = await fetcher.ask(url, requestOf(service), signal)
  if (data === undefined) {
    if (missing === 'no config') return undefined
    throw providerFailed(platform, `${url} is not there`)
  }
  return encoding === 'base64' ? decodeBase64(data.toString('latin1'), platform) : data
}

/** The bytes that a text in base64 stands for; throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export function decodeBase64(text: string, platform: string): Buffer {
  const plain = text.replace(/[\r\n]/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain) || plain.length % 4 !== 0)
    throw providerFailed(platform, 'the user data is not base64')
  return Buffer.from(plain, 'base64')
}

/** Decompresses what is gzip; throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export function gunzipped(data: Buffer, platform: string): Buffer {
  try {
    return gunzipSync(data, { maxOutputLength: 64 * 1024 * 1024 })
  } catch (error) {
    throw providerFailed(
      platform,
      `the user data cannot be decompressed: ${reasonOf(error)}`,
      error,
    )
  }
}

function requestOf(service: MetadataService): Omit<HttpRequest, 'target'> {
  const { headers = {}, retryStatuses = [], localPort } = service
  return {
    headers,
    isDirect: true,
    retryStatuses: [429, ...retryStatuses],
    ...(localPort === undefined ? {} : { localPort }),
  }
}
