import { parseArgs } from 'node:util'
import { discoveryErrors } from '../errors/discovery.ts'
import { getJson } from '../supervisor/api/client.ts'
import type { Service } from '../supervisor/discovery/service.ts'
import { table } from './table.ts'
import { usageError, type VerbContext } from './verb.ts'

/** `GET /slipway/services`. */
type Answer = {
  readonly services: readonly Service[]
  readonly backend: { readonly title: string; readonly problem: string | null } | null
}

export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    allowPositionals: true,
    options: { json: { type: 'boolean' } },
  })
  const [name] = positionals
  if (positionals.length > 1) throw usageError('discover takes the name of one service')
  const { services, backend } = (await getJson(endpoint, '/slipway/services')) as Answer
  const found = services.filter((service) => name === undefined || service.name === name)
  if (name !== undefined && found.length === 0)
    throw discoveryErrors.error('SLIPWAY_DISCOVERY_NO_SUCH_SERVICE', { name })
  if (values.json === true) process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`)
  else process.stdout.write(table([header, ...found.map(row)]))
  if (backend?.problem != null)
    process.stderr.write(`${backend.title} is not up to date: ${backend.problem}\n`)
  return 0
}

const header = ['NAME', 'ADDRESS', 'HEALTH', 'CONTAINER', 'TAGS']

function row({ name, address, port, protocol, health, container, tags }: Service): string[] {
  const host = address.includes(':') ? `[${address}]` : address
  return [name, `${host}:${port}/${protocol}`, health, container, tags.join(',')]
}
