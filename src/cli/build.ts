import { join } from 'node:path'
import { Command } from 'commander'
import { loadImage } from '../image/load.ts'
import type { Move } from '../packages/lock.ts'
import { buildImage, stageTitles } from '../pipeline/index.ts'
import { publishOutputs } from '../pipeline/publish.ts'
import type { Reason, StageEvent } from '../pipeline/store.ts'
import { parseVersion } from '../update/version.ts'
import { interruption } from './interruption.ts'
import { chooseStyle, showProgress } from './progress.ts'
import { cache, project } from './project.ts'
import { setUp } from './setup.ts'

type Options = {
  json?: true
  locked?: true
  explain?: true
  output?: string
  version?: string
}

export function buildCommand(): Command {
  return new Command('build')
    .description('Build an image. What has not changed since the last build is not built again.')
    .argument('[name]', 'image definition', 'qemu')
    .option('--locked', 'insist on the package versions of the lock file')
    .option('--explain', 'say for each stage why it ran or not')
    .option('--version <version>', 'the version of the release (default: that of package.json)')
    .option('--output <directory>', 'where the image goes (default: build/<name>)')
    .option('--json', 'report as JSON, one object a line')
    .action(build)
}

async function build(name: string, options: Options): Promise<void> {
  const signal = interruption()
  // A typing mistake shall not cost a minute.
  const version = options.version === undefined ? undefined : parseVersion(options.version)
  const definition = await loadImage(name, { directory: join(project, 'images') })
  const progress = showProgress(chooseStyle(options.json ?? false), stageTitles)
  const reasons = new Map<string, StageEvent & { reason: Reason }>()
  const emit = (event: StageEvent) => {
    if ('reason' in event) reasons.set(event.stage, event)
    progress.emit(event)
  }
  const startedMs = performance.now()
  await setUp(signal, (text) => process.stderr.write(`slipway: ${text}\n`))
  try {
    const built = await buildImage(definition, {
      project,
      cache,
      locked: options.locked ?? false,
      version,
      signal,
      emit,
    })
    const directory = options.output ?? join(project, 'build', name)
    const files = await publishOutputs(built, directory)
    await progress.done()
    const seconds = (performance.now() - startedMs) / 1000
    if (options.json) {
      const { moved } = built
      process.stdout.write(
        `${JSON.stringify({ type: 'built', image: name, files, moved, seconds })}\n`,
      )
      return
    }
    const print = (text: string) => process.stdout.write(`${text}\n`)
    if (options.explain) for (const event of reasons.values()) print(explanation(event))
    for (const move of built.moved) print(moveText(move))
    for (const file of files) print(`${file.path}  ${(file.sizeBytes / 1e6).toFixed(1)} MB`)
    print(`built ${name} in ${seconds.toFixed(1)} s`)
  } finally {
    await progress.done()
  }
}

function explanation({ title, reason }: { title: string; reason: Reason }): string {
  switch (reason.kind) {
    case 'cached':
      return `${title}: kept, no input has changed`
    case 'first run':
      return `${title}: ran, no earlier result`
    case 'result gone':
      return `${title}: ran, its stored result was removed`
    case 'changed':
      return `${title}: ran, changed: ${reason.inputs.join(', ')}`
  }
}

function moveText({ name, from, to }: Move): string {
  if (from === undefined) return `package ${name}: added at ${to}`
  if (to === undefined) return `package ${name}: gone (was ${from})`
  return `package ${name}: ${from} → ${to}`
}
