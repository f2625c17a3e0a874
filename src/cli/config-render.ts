import { Command } from 'commander'
import { counted } from '../config-explain/text.ts'
import { localFiles } from '../config-render/local-files.ts'
import { type RenderedConfig, renderConfig } from '../config-render/render.ts'
import { configErrors } from '../errors/config.ts'
import { writeFileAtomically } from '../files/atomic.ts'
import { problemLine, readInput, sourceNameOf } from './config-input.ts'

type RenderCommandOptions = {
  filesDir?: string
  output?: string
  pretty?: true
  strict?: true
  specificationOnly?: true
  json?: true
}

export function renderCommand(): Command {
  return new Command('render')
    .description(
      'Turn a config in YAML (variants slipway, fcos and flatcar) into an Ignition config. Exit status: 0 all right, 1 errors, 2 cannot be read or written.',
    )
    .argument('<file>', 'the config in YAML; - for standard input')
    .option('--files-dir <directory>', 'where the local files of the config are')
    .option('--output <file>', 'where the result goes (default: standard output)')
    .option('--pretty', 'with line ends and indentation')
    .option('--strict', 'warnings are errors')
    .option('--specification-only', 'leave out what the specification has, but our hosts not yet')
    .option('--json', 'report problems as JSON, one object a line')
    .action(render)
}

async function render(file: string, options: RenderCommandOptions): Promise<void> {
  const text = asText(await readInput(file), file)
  const rendered = renderConfig(text, sourceNameOf(file), {
    files: localFiles(options.filesDir),
    strict: options.strict ?? false,
    specificationOnly: options.specificationOnly ?? false,
  })
  report(file, rendered, options)
  if (!rendered.ok) {
    process.exitCode = 1
    return
  }
  const json = `${JSON.stringify(rendered.config, undefined, options.pretty ? 2 : undefined)}\n`
  if (options.output === undefined) process.stdout.write(json)
  else await write(options.output, json)
}

function asText(data: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data)
  } catch (error) {
    const reason = 'it is not text in UTF-8'
    throw configErrors.error('SLIPWAY_CONFIG_UNREADABLE', { file, reason }, error)
  }
}

async function write(file: string, content: string): Promise<void> {
  try {
    await writeFileAtomically(file, content)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw configErrors.error('SLIPWAY_CONFIG_UNWRITABLE', { file, reason }, error)
  }
}

/** On standard error: standard output is for the config. */
function report(file: string, rendered: RenderedConfig, { json }: RenderCommandOptions): void {
  const { problems, errors, warnings, ok } = rendered
  if (json) {
    const lines = [
      ...problems.map((problem) => ({ type: 'problem', ...problem })),
      { type: 'rendered', file, ok, errors, warnings },
    ]
    for (const line of lines) process.stderr.write(`${JSON.stringify(line)}\n`)
    return
  }
  for (const problem of problems) process.stderr.write(problemLine(problem))
  if (problems.length > 0)
    process.stderr.write(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`)
}
