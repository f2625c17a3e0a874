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
      /** The container that is to take its place if it does well. */
      readonly successor: string | null
      readonly waitsFor: readonly string[]
    }[]
  }[]
  readonly problems: readonly string[]
  readonly refusals: readonly {
    readonly project: string
    readonly service: string
    readonly container: string
    readonly reason: string
  }[]
  readonly failures: readonly {
    readonly project: string
    readonly service: string
    readonly step: string
    readonly error: string
    readonly retryAt: string
  }[]
}

/** Exit status 1 when a file has problems or a service is not as declared. */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values } = parseArgs({
    args: [...programArguments],
    options: { json: { type: 'boolean' } },
  })
  const status = (await getJson(endpoint, '/slipway/status')) as Status
  if (values.json === true) process.stdout.write(`${JSON.stringify(status, undefined, 2)}\n`)
  else process.stdout.write(statusReport(status))
  return status.problems.length + status.failures.length + status.refusals.length === 0 ? 0 : 1
}

export function statusReport(status: Status): string {
  const services = status.projects.flatMap(({ name, services }) =>
    services.map((service) => [name, service.name, service.container ?? '-', stateOf(service)]),
  )
  const lines = [table([['PROJECT', 'SERVICE', 'CONTAINER', 'STATE'], ...services])]
  if (status.problems.length > 0)
    lines.push('\nProblems in Compose files:\n', ...status.problems.map((text) => `  ${text}\n`))
  if (status.refusals.length > 0)
    lines.push(
      '\nContainers that stay because what was to replace them failed (change the file, or slipctl apply):\n',
      ...status.refusals.map(
        ({ project, service, container, reason }) =>
          `  ${project}/${service}: ${container} stays: ${reason}\n`,
      ),
    )
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

function stateOf(service: Status['projects'][number]['services'][number]): string {
  const { state, successor, waitsFor } = service
  const parts = [state]
  if (successor !== null) parts.push(`${successor} is on trial`)
  if (waitsFor.length > 0) parts.push(`waits for ${waitsFor.join(', ')}`)
  return parts.join(', ')
}
