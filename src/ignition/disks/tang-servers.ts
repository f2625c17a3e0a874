import { type Advertisement, readAdvertisement } from '../../clevis/advertisement.ts'
import type { Holders } from '../../clevis/secret.ts'
import { type AskTang, advertisementUrl } from '../../clevis/tang.ts'
import { clevisErrors } from '../../errors/clevis.ts'
import type { Luks, ParsedConfig } from '../../ignition-schema/index.ts'
import { placed } from '../placed-error.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { inMemory } from '../sources/in-memory.ts'
import { type Records, readUnfinished } from './records.ts'

/** What a volume that tang servers open is bound and opened by. */
export type TangAccess = Holders & {
  /** By `serverKey`. */
  readonly advertisements: ReadonlyMap<string, Advertisement>
}

/** The same server may be known to two volumes by two of its keys. */
export function serverKey({ name }: Pick<Luks, 'name'>, url: string): string {
  return `${name} ${url}`
}

const largestAnswerBytes = 256 << 10

/**
 * Asks tang servers as the host will at every boot: past every proxy. One that is away is asked again, without end
 * unless the fetcher has one.
 */
export function askTang(fetcher: Fetcher): AskTang {
  const headers = { accept: 'application/jwk+json', 'content-type': 'application/jwk+json' }
  return (url, body, signal) =>
    fetcher.http(
      url,
      { method: 'POST', headers, body, isDirect: true },
      async ({ status, bytes }) => {
        const [server = '', kid = ''] = url.split('/rec/')
        if (status === 404) throw clevisErrors.error('SLIPWAY_TANG_KEY_GONE', { url: server, kid })
        if (status !== 200) {
          const details = { url: server, reason: `its status is ${status}` }
          throw clevisErrors.error('SLIPWAY_TANG_ANSWER', details)
        }
        return (await inMemory(bytes, url, largestAnswerBytes)).toString()
      },
      signal,
    )
}

/**
 * What the servers of all volumes advertise, as the config has it, or asked of them: before the first change of a
 * disk, since a server that is another one must not cost data. Throws PlacedError.
 */
export async function readAdvertisements(
  volumes: readonly Luks[],
  {
    parsed,
    records,
    fetcher,
  }: {
    readonly parsed: ParsedConfig
    readonly records: Pick<Records, 'get'>
    readonly fetcher: Fetcher
  },
): Promise<ReadonlyMap<string, Advertisement>> {
  const found = new Map<string, Advertisement>()
  for (const [index, luks] of volumes.entries()) {
    if (readUnfinished(records, 'luks', luks.name)?.isDone === true) continue
    for (const [number, server] of (luks.clevis?.tang ?? []).entries()) {
      const { url = '', thumbprint = '', advertisement } = server
      const at = ['storage', 'luks', index, 'clevis', 'tang', number]
      const read = async () => {
        const text = advertisement || (await ask(fetcher, url))
        return readAdvertisement(text, url, thumbprint)
      }
      found.set(serverKey(luks, url), await placed(parsed, at, read))
    }
  }
  return found
}

async function ask(fetcher: Fetcher, url: string): Promise<string> {
  const place = advertisementUrl(url)
  return await fetcher.http(place, { isDirect: true }, async ({ status, bytes }) => {
    if (status === 200) return (await inMemory(bytes, place, largestAnswerBytes)).toString()
    const reason = status === 404 ? 'it has no keys, or is none' : `the server answered ${status}`
    throw clevisErrors.error('SLIPWAY_TANG_ADVERTISEMENT', { url, reason })
  })
}
