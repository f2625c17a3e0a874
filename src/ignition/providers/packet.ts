import { valueAt } from '../../json/value.ts'
import { reasonOf } from '../sources/failure.ts'
import { askService } from './metadata-service.ts'
import { askJson, metadataDocument } from './platform-metadata.ts'
import type { Provider, ProviderContext, StageOutcome } from './provider.ts'

const service = 'https://metadata.packet.net'

/** The service refuses the usual header. */
const headers = { accept: '*/*' }

/** Equinix Metal, formerly Packet; tells its timeline how each stage ended. */
export const packetProvider: Provider = {
  fetch: async (context) => {
    const request = {
      platform: 'packet',
      url: `${service}/userdata`,
      headers,
      missing: 'failure',
    } as const
    const data = await askService(request, context)
    return data && { source: 'user data of packet', data }
  },
  metadata: metadataDocument(
    (context) => askJson({ platform: 'packet', url: `${service}/metadata`, headers }, context),
    {
      hostname: (document) => valueAt(document, 'hostname'),
      sshKeys: (document) => valueAt(document, 'ssh_keys'),
    },
  ),
  report: async (context, outcome) => {
    if (context.fetcher.isOffline) return
    try {
      await tell(context, outcome)
    } catch (error) {
      // A host is not stopped for its timeline.
      context.log.error(`the timeline of Equinix Metal could not be told: ${reasonOf(error)}`)
    }
  },
}

async function tell(
  { fetcher, signal }: ProviderContext,
  { stage, failure }: StageOutcome,
): Promise<void> {
  const patience = AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])])
  const metadata: unknown = JSON.parse(
    String(await fetcher.ask(`${service}/metadata`, { headers, retryStatuses: [429] }, patience)),
  )
  const phoneHome: unknown =
    typeof metadata === 'object' && metadata !== null && Reflect.get(metadata, 'phone_home_url')
  if (typeof phoneHome !== 'string') throw new Error('the metadata names no phone_home_url')
  const message =
    failure === undefined
      ? `[${stage}] Ignition status: finished successfully`
      : `[${stage}] Ignition error: ${failure}`
  await fetcher.http(
    `${phoneHome.replace(/\/phone-home$/, '')}/events`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state: failure === undefined ? 'running' : 'failed', message }),
    },
    async () => undefined,
    patience,
  )
}
