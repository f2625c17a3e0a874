import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { Command } from 'commander'
import {
  type CheckedConfig,
  type ConfigFormat,
  checkConfig,
  formatOf,
} from '../config-check/check.ts'
import { configErrors } from '../errors/config.ts'
import { findingText } from '../ignition-schema/index.ts'

type CheckCommandOptions = {
  format?: string
  strict?: true
  specificationOnly?: true
  json?: true
}

export function configCommand(): Command {
  const command = new Command('config').description('Look at configs before a host gets them.')
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
  return command
}

async function check(file: string, options: CheckCommandOptions): Promise<void> {
  const data = await read(file)
  const checked = checkConfig(data, file === '-' ? 'stdin' : file, {
    format: options.format === undefined ? formatOf(file, data) : asFormat(options.format),
    strict: options.strict ?? false,
    specificationOnly: options.specificationOnly ?? false,
  })
  if (options.json) printJson(file, checked)
  else print(checked)
  if (!checked.ok) process.exitCode = 1
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw configErrors.error('SLIPWAY_CONFIG_UNREADABLE', { file, reason }, error)
  }
}

function asFormat(format: string): ConfigFormat {
  if (format === 'json' || format === 'yaml') return format
  throw configErrors.error('SLIPWAY_CONFIG_FORMAT_UNKNOWN', { format })
}

/** As compilers do, so that editors find the places. */
function print({ problems, errors, warnings }: CheckedConfig): void {
  for (const problem of problems) {
    const { source, line, column, severity, code } = problem
    const place = `${source}:${line}:${column}`
    process.stdout.write(`${place}: ${severity}: ${findingText(problem)} [${code}]\n`)
  }
  process.stderr.write(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`)
}

function printJson(file: string, { problems, errors, warnings, ok }: CheckedConfig): void {
  const lines = [
    ...problems.map((problem) => ({ type: 'problem', ...problem })),
    { type: 'checked', file, ok, errors, warnings },
  ]
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
