import { parseArgs } from 'node:util'
import type { MachineFacts } from '../../host/facts.ts'
import { getJson } from '../../supervisor/api/client.ts'
import type { Endpoint } from '../../supervisor/api/endpoint.ts'
import type { Status } from '../status.ts'
import type { VerbContext } from '../verb.ts'
import { type HostFacts, hostReport, hostText, type SeenContainer } from './report.ts'

/** What a host shows of itself. Exit status 1 when something is wrong with it. */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  const report = hostReport(await readFacts(endpoint))
  process.stdout.write(
    values.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : hostText(report),
  )
  return report.health.isWell ? 0 : 1
}

/** What we use of an entry of `GET /containers/json`. */
type Summary = {
  readonly Names: readonly string[]
  readonly State: string
  readonly Status: string
}

async function readFacts(endpoint: Endpoint): Promise<HostFacts> {
  const [machine, status, summaries] = (await Promise.all([
    getJson(endpoint, '/slipway/host'),
    getJson(endpoint, '/slipway/status'),
    getJson(endpoint, '/containers/json?all=1'),
  ])) as [MachineFacts, Status, readonly Summary[]]
  return {
    ...machine,
    supervisor: status.version,
    problems: status.problems,
    failures: status.failures,
    refusals: status.refusals,
    containers: summaries.map(seen),
  }
}

function seen({ Names, State, Status }: Summary): SeenContainer {
  const health = /\((unhealthy|healthy|health: starting)\)$/.exec(Status)?.[1]
  return { name: Names[0]?.slice(1) ?? '', state: State, isUnhealthy: health === 'unhealthy' }
}
