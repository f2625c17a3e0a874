import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { getJson, postJson } from '../supervisor/api/client.ts'
import type { Endpoint } from '../supervisor/api/endpoint.ts'
import type { PlannedService, PlannedStep } from '../supervisor/declared/planned-step.ts'
import { type Status, statusReport } from './status.ts'
import { usageError, type VerbContext } from './verb.ts'

/** `POST /slipway/plan`. */
type Plan = {
  readonly problems: readonly string[]
  readonly services: readonly PlannedService[]
}

/** Exit status 1 when a file has problems or a service is not as declared. */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...programArguments],
    options: { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } },
    allowPositionals: true,
  })
  if (values['dry-run'] === true) return await showPlan(endpoint, positionals, values.json)
  if (positionals.length > 0)
    throw usageError('only apply --dry-run takes files: write them to the directory to apply them')
  await postJson(endpoint, '/slipway/apply', {})
  const status = (await getJson(endpoint, '/slipway/status')) as Status
  process.stdout.write(values.json === true ? json(status) : statusReport(status))
  return status.problems.length + status.failures.length + status.refusals.length === 0 ? 0 : 1
}

async function showPlan(
  endpoint: Endpoint,
  paths: readonly string[],
  asJson: boolean | undefined,
): Promise<number> {
  const files: Record<string, string> = {}
  for (const path of paths) {
    if (!/\.ya?ml$/.test(path)) throw usageError(`"${path}" does not end in .yaml or .yml`)
    files[basename(path)] = await readFile(path, 'utf8')
  }
  const plan = (await postJson(endpoint, '/slipway/plan', { files })) as Plan
  process.stdout.write(asJson === true ? json(plan) : planReport(plan))
  return plan.problems.length === 0 ? 0 : 1
}

export function planReport({ problems, services }: Plan): string {
  const lines = services.flatMap(({ service, steps }) => [
    `${service}:`,
    ...steps.map((step) => `  ${describeStep(step)}`),
  ])
  if (problems.length > 0)
    lines.push('Problems in Compose files:', ...problems.map((text) => `  ${text}`))
  if (lines.length === 0) lines.push('All is as declared.')
  return `${lines.join('\n')}\n`
}

function describeStep({ kind, container, image, name, reason }: PlannedStep): string {
  const words = [kind, container, name, image, reason].filter((word) => word !== undefined)
  return words.join(' ')
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
