import { Command } from 'commander'
import { type CheckedConfig, checkConfig } from '../config-check/check.ts'
import { counted } from '../config-explain/text.ts'
import { explainCommand } from './config-explain.ts'
import { chosenFormat, problemLine, readInput, sourceNameOf } from './config-input.ts'
import { renderCommand } from './config-render.ts'

type CheckCommandOptions = {
  format?: string
  strict?: true
  specificationOnly?: true
  json?: true
}

export function configCommand(): Command {
  const command = new Command('config').description(
    'Make configs, and look at them before a host gets them.',
  )
  command
    .command('check')
    .description(
      'Tell every problem of an Ignition config, each with its line and column. Exit status: 0 all right, 1 errors, 2 cannot be read.',
    )
    .argument('<file>', 'the config, JSON or YAML; - for standard input')
    .option('--format <format>', 'json or yaml (default: by the ending, .yaml or .yml, else JSON)')
    .option('--strict', 'warnings are errors')
    .option('--specification-only', 'leave out what the specification has, but our hosts not yet')
    .option('--json', 'report as JSON, one object a line')
    .action(check)
  command.addCommand(explainCommand())
  command.addCommand(renderCommand())
  return command
}

async function check(file: string, options: CheckCommandOptions): Promise<void> {
  const data = await readInput(file)
  const checked = checkConfig(data, sourceNameOf(file), {
    format: chosenFormat(options.format, file, data),
    strict: options.strict ?? false,
    specificationOnly: options.specificationOnly ?? false,
  })
  if (options.json) printJson(file, checked)
  else print(checked)
  if (!checked.ok) process.exitCode = 1
}

function print({ problems, errors, warnings }: CheckedConfig): void {
  for (const problem of problems) process.stdout.write(problemLine(problem))
  process.stderr.write(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`)
}

function printJson(file: string, { problems, errors, warnings, ok }: CheckedConfig): void {
  const lines = [
    ...problems.map((problem) => ({ type: 'problem', ...problem })),
    { type: 'checked', file, ok, errors, warnings },
  ]
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`)
}
