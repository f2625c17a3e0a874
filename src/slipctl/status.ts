import { parseArgs } from 'node:util'
import { getJson } from '../supervisor/api/client.ts'
import { table } from './table.ts'
import type { VerbContext } from './verb.ts'

/** `GET /slipway/status`. */
export type Status = {
  readonly version: string
  readonly projects: readonly {
    readonly name: string
    readonly file: string
    readonly services: readonly {
      readonly name: string
      readonly container: string | null
      readonly state: string
      readonly waitsFor: readonly string[]
    }[]
  }[]
  readonly problems: readonly string[]
  readonly failures: readonly {
    readonly project: string
    readonly service: string
    readonly step: string
    readonly error: string
    readonly retryAt: string
  }[]
}

/** Exit status 1 when a file has problems or a service is not as declared. */
export async function run({ programArguments, socketPath }: VerbContext): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  const status = (await getJson(socketPath, '/slipway/status')) as Status
  if (values.json === true) process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`)
  else process.stdout.write(statusReport(status))
  return status.problems.length === 0 && status.failures.length === 0 ? 0 : 1
}

export function statusReport(status: Status): string {
  const services = status.projects.flatMap(({ name, services }) =>
    services.map((service) => [name, service.name, service.container ?? '-', stateOf(service)]),
  )
  const lines = [table([['PROJECT', 'SERVICE', 'CONTAINER', 'STATE'], ...services])]
  if (status.problems.length > 0)
    lines.push('\nProblems in Compose files:\n', ...status.problems.map((text) => `  ${text}\n`))
  if (status.failures.length > 0)
    lines.push(
      '\nServices that are not as declared:\n',
      ...status.failures.map(
        ({ project, service, step, error, retryAt }) =>
          `  ${project}/${service}: ${step}: ${error} (next try at ${retryAt})\n`,
      ),
    )
  return lines.join('')
}

function stateOf({ state, waitsFor }: Status['projects'][number]['services'][number]): string {
  return waitsFor.length === 0 ? state : `${state}, waits for ${waitsFor.join(', ')}`
}
