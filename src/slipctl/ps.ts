import { parseArgs } from 'node:util'
import { getJson } from '../supervisor/api/client.ts'
import { table } from './table.ts'
import type { VerbContext } from './verb.ts'

/** What we show of an entry of `GET /containers/json`. */
type Summary = {
  readonly Id: string
  readonly Names: readonly string[]
  readonly Image: string
  readonly Status: string
  readonly Ports: readonly {
    readonly IP: string
    readonly PrivatePort: number
    readonly PublicPort: number
    readonly Type: string
  }[]
}

export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { all: { type: 'boolean', short: 'a' }, json: { type: 'boolean' } },
  })
  const answer = await getJson(endpoint, `/containers/json?all=${values.all === true ? 1 : 0}`)
  if (values.json === true) process.stdout.write(`${JSON.stringify(answer, undefined, 2)}\n`)
  else process.stdout.write(table([header, ...(answer as Summary[]).map(row)]))
  return 0
}

const header = ['CONTAINER ID', 'NAME', 'IMAGE', 'STATUS', 'PORTS']

function row({ Id, Names, Image, Status, Ports }: Summary): string[] {
  const ports = Ports.map(
    (port) => `${port.IP}:${port.PublicPort}->${port.PrivatePort}/${port.Type}`,
  )
  return [Id.slice(0, 12), Names[0]?.slice(1) ?? '', Image, Status, ports.join(', ')]
}
