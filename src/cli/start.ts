import { once } from 'node:events'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { loadImage } from '../image/load.ts'
import { stageTitles } from '../pipeline/index.ts'
import { busyboxImageStage } from '../start/busybox-image.ts'
import { machineTreeTitle } from '../start/machine-tree.ts'
import { imageSizes, type RunningHost, startHost, startSteps } from '../start/start.ts'
import { interruption } from './interruption.ts'
import { chooseStyle, showProgress } from './progress.ts'
import { cache, project } from './project.ts'
import { setUp } from './setup.ts'

type Options = {
  image: string
  json?: true
  locked?: true
  once?: true
  port?: number
  memory: number
  kernelArguments?: string
}

export function startCommand(): Command {
  return new Command('start')
    .description('Build an image, boot it with a container, and keep it running until Ctrl-C.')
    .option('--image <name>', 'image definition', 'qemu')
    .option('--once', 'power off as soon as the container has answered')
    .option('--port <number>', 'port of this machine that leads to the container', wholeNumber)
    .option('--memory <MiB>', 'memory of the virtual machine', wholeNumber, 1024)
    .option('--kernel-arguments <text>', 'more kernel arguments, to debug a boot')
    .option('--locked', 'insist on the package versions of the lock file')
    .option('--json', 'report as JSON, one object a line')
    .action(start)
}

async function start(options: Options): Promise<void> {
  const signal = interruption()
  const definition = await loadImage(options.image, { directory: join(project, 'images') })
  await setUp(signal, (text) => process.stderr.write(`slipway: ${text}\n`))
  const progress = showProgress(chooseStyle(options.json ?? false), {
    ...stageTitles,
    'machine-tools': machineTreeTitle,
    'busybox-image': busyboxImageStage.title,
    ...startSteps,
  })
  // Ctrl-C ends the build and the boot at once; once all is up it means: power off.
  const starting = new AbortController()
  const abort = () => starting.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  let host: RunningHost
  try {
    host = await startHost(definition, {
      project,
      cache,
      locked: options.locked ?? false,
      signal: starting.signal,
      emit: progress.emit,
      memoryMiB: options.memory,
      ...(options.port !== undefined && { port: options.port }),
      ...(options.kernelArguments !== undefined && { kernelArguments: options.kernelArguments }),
    })
  } finally {
    signal.removeEventListener('abort', abort)
    await progress.done()
  }
  await report(host, options)
  if (!options.once) await Promise.race([aborted(signal), host.machine.exited])
  process.stderr.write('powering off\n')
  await host.stop()
}

async function report(host: RunningHost, options: Options): Promise<void> {
  const { disk, usr, uki } = await imageSizes(host.image)
  const answeredAfterSeconds = host.answeredAfterMs / 1000
  if (options.json) {
    const { url, bootTimes } = host
    const sizes = { diskBytes: disk, usrBytes: usr, ukiBytes: uki }
    const acceleration = host.machine.acceleration
    process.stdout.write(
      `${JSON.stringify({ type: 'running', url, acceleration, ...sizes, answeredAfterSeconds, bootTimes })}\n`,
    )
    return
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  process.stdout.write(
    [
      `container  ${host.url}`,
      `image      ${megabytes(disk)} on disk: /usr ${megabytes(usr)}, UKI ${megabytes(uki)}`,
      `boot       ${host.bootTimes}`,
      `           answered ${answeredAfterSeconds.toFixed(1)} s after power-on (${host.machine.acceleration})`,
      `console    ${host.serialLog}`,
      options.once ? '' : 'Ctrl-C powers off.\n',
    ].join('\n'),
  )
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}
