import { Command } from 'commander'
import { checkConfig, parseAs } from '../config-check/check.ts'
import { explainConfig } from '../config-explain/explain.ts'
import { counted, type PlacedStep, planText, summaryText } from '../config-explain/text.ts'
import type { ParsedConfig } from '../ignition-schema/index.ts'
import { chosenFormat, problemLine, readInput, sourceNameOf } from './config-input.ts'

type ExplainOptions = { format?: string; json?: true }

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'Print, in order, what provisioning with an Ignition config does: what it destroys has a ! before it, and what depends on the machine is told case by case. Exit status: 0 explained, 1 errors in the config, 2 cannot be read.',
    )
    .argument('<file>', 'the config, JSON or YAML; - for standard input')
    .option('--format <format>', 'json or yaml (default: by the ending, .yaml or .yml, else JSON)')
    .option('--json', 'as JSON, one object a line')
    .action(explain)
}

async function explain(file: string, options: ExplainOptions): Promise<void> {
  const data = await readInput(file)
  const source = sourceNameOf(file)
  const format = chosenFormat(options.format, file, data)
  const checked = checkConfig(data, source, { format, strict: false, specificationOnly: false })
  for (const problem of checked.problems) {
    if (options.json) printLine({ type: 'problem', ...problem })
    else process.stderr.write(problemLine(problem))
  }
  const parsed = parseAs(data, source, format)
  if (!checked.ok || parsed.config === undefined) {
    if (options.json) printLine({ type: 'explained', file, ok: false, errors: checked.errors })
    else process.stderr.write(`${counted(checked.errors, 'error')}: there is no plan\n`)
    process.exitCode = 1
    return
  }
  const steps = explainConfig(parsed.config).map((step) => placedStep(step, parsed))
  if (!options.json) {
    process.stdout.write(planText(steps))
    process.stderr.write(`${summaryText(steps)}\n`)
    return
  }
  for (const step of steps) printLine({ type: 'step', ...step })
  const destructive = steps.filter(({ destroys }) => destroys).length
  printLine({ type: 'explained', file, ok: true, steps: steps.length, destructive })
}

function placedStep(
  step: ReturnType<typeof explainConfig>[number],
  parsed: ParsedConfig,
): PlacedStep {
  const { source, line, column } = parsed.problem('warning', step.at, step.text)
  return { ...step, source, line, column }
}

function printLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
