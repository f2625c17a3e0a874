import { setTimeout as sleep } from 'node:timers/promises'
import { ignitionErrors } from '../../errors/ignition.ts'
import { readIfThere } from '../assembly/read.ts'
import type { Provider, ProviderContext } from './provider.ts'

const pollMs = 500

/**
 * Hyper-V: the key `ignition.config` of the Data Exchange Service (KVP), pool 0, or `ignition.config.0`
 * and so on, of which values have about 1 KiB each. The pool is what hv_kvp_daemon keeps of it.
 */
export function hypervProvider(pool = '/var/lib/hyperv/.kvp_pool_0', waitMs = 30_000): Provider {
  return {
    fetch: async (context) => {
      const pairs = readPool(await waitForPool(pool, waitMs, context))
      const whole = pairs.get('ignition.config')
      const text = whole || fragments(pairs).join('')
      return text === '' ? undefined : { source: 'KVP ignition.config', data: Buffer.from(text) }
    },
  }
}

function fragments(pairs: ReadonlyMap<string, string>): string[] {
  const found: string[] = []
  for (;;) {
    const next = pairs.get(`ignition.config.${found.length}`)
    if (next === undefined) return found
    found.push(next)
  }
}

/** Records of a key of 512 bytes and a value of 2048, each with NULs at its end. */
function readPool(pool: Buffer): Map<string, string> {
  const [keyBytes, valueBytes] = [512, 2048]
  const pairs = new Map<string, string>()
  for (let at = 0; at + keyBytes + valueBytes <= pool.length; at += keyBytes + valueBytes)
    pairs.set(
      textOf(pool.subarray(at, at + keyBytes)),
      textOf(pool.subarray(at + keyBytes, at + keyBytes + valueBytes)),
    )
  return pairs
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0)
  return field.subarray(0, end === -1 ? field.length : end).toString('utf8')
}

async function waitForPool(
  path: string,
  waitMs: number,
  { signal }: ProviderContext,
): Promise<Buffer> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const pool = readIfThere(path)
    if (pool !== undefined) return pool
    if (performance.now() >= deadline) break
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal })
  }
  throw ignitionErrors.error('SLIPWAY_IGNITION_NO_CONFIG_SERVICE', {
    platform: 'hyperv',
    reason: `${path} is missing, so hv_kvp_daemon does not run`,
    next: 'Add hyperv-daemons to the packages of the image, and start hv_kvp_daemon before Ignition.',
  })
}
