import type { ProviderContext } from '../providers/provider.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from './quiet-log.ts'
import type { WebServer } from './servers.ts'

/** What a provider works with, where all addresses are those of one server. */
export function contextOf({ port }: Pick<WebServer, 'port'>): ProviderContext {
  const log = quietLog()
  const fetcher = new Fetcher({
    log,
    platform: 'test',
    totalMs: 30_000,
    connectTo: () => ({ host: '127.0.0.1', port }),
  })
  return { fetcher, log }
}
