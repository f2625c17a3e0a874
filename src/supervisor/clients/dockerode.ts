/** What a program that uses dockerode does with an engine, and what it gets: only what does not depend on the engine. */
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import Docker from 'dockerode'

const [image = ''] = process.argv.slice(2)
const docker = new Docker()

function tell(what: string, value: unknown): void {
  process.stdout.write(`${what} ${JSON.stringify(value)}\n`)
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString('utf8')
}

/** Both streams of what has no terminal. */
async function outputOf(stream: NodeJS.ReadableStream): Promise<{ out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, stdout, stderr)
  stream.once('end', () => {
    stdout.end()
    stderr.end()
  })
  const [out, err] = await Promise.all([textOf(stdout), textOf(stderr)])
  return { out, err }
}

async function failure(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
    return 'nothing'
  } catch (error) {
    return error instanceof Error && 'statusCode' in error ? error.statusCode : String(error)
  }
}

tell('ping', String(await docker.ping()))
const pulled = await docker.pull(image)
const progress = await new Promise<unknown[]>((resolve, reject) =>
  docker.modem.followProgress(pulled, (error, lines) => (error ? reject(error) : resolve(lines))),
)
tell('pulled', JSON.stringify(progress.at(-1)).includes('Status: '))
tell('no image', await failure(() => docker.createContainer({ Image: 'nosuch:1' })))
tell('no container', await failure(() => docker.getContainer('nosuch').inspect()))

const events = await docker.getEvents({ filters: { type: ['container'], label: ['mine=1'] } })
let told = ''
events.on('data', (piece: Buffer) => {
  told += piece.toString('utf8')
})

const container = await docker.createContainer({
  Image: image,
  name: 'rode',
  Cmd: ['sh', '-c', 'cat; echo err >&2; exit 3'],
  OpenStdin: true,
  StdinOnce: true,
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  Labels: { mine: '1' },
})
const attached = await container.attach({
  stream: true,
  stdin: true,
  stdout: true,
  stderr: true,
  hijack: true,
})
const attachedOutput = outputOf(attached)
await container.start()
attached.write('typed\n')
attached.end()
tell('attached', await attachedOutput)
tell('wait', (await container.wait()).StatusCode)
tell('logs', await outputOf(Readable.from([await container.logs({ stdout: true, stderr: true })])))
await container.remove()

const serving = await docker.createContainer({
  Image: image,
  Cmd: ['sh', '-c', 'echo one; sleep 1; echo two; exec sleep 1000'],
  Labels: { mine: '1' },
  ExposedPorts: { '80/tcp': {} },
  HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] } },
})
await serving.start()
const followed = await serving.logs({ follow: true, stdout: true, stderr: true, timestamps: false })
const lines = new PassThrough()
docker.modem.demuxStream(followed, lines, lines)
let seen = ''
while (!seen.includes('two')) {
  const [piece] = await once(lines, 'data')
  seen += String(piece)
}
tell('followed', seen)
const exec = await serving.exec({
  Cmd: ['sh', '-c', 'cat; echo $A >&2; exit 5'],
  Env: ['A=1'],
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
})
const running = await exec.start({ hijack: true, stdin: true })
const execOutput = outputOf(running)
running.write('into exec\n')
running.end()
tell('exec', await execOutput)
tell('exec code', (await exec.inspect()).ExitCode)
const onTerminal = await serving.exec({ Cmd: ['echo', 'tty'], Tty: true, AttachStdout: true })
tell('exec tty', await textOf(await onTerminal.start({ Tty: true })))
const { State, NetworkSettings, Config } = await serving.inspect()
tell('running', [State.Running, State.Status, Config.Labels])
tell('ports', Object.keys(NetworkSettings.Ports))
tell('published', Number(NetworkSettings.Ports['80/tcp']?.[0]?.HostPort) > 0)
tell('listed', (await docker.listContainers({ filters: { label: ['mine=1'] } })).length)
tell('archive', (await textOf(await serving.getArchive({ path: '/www/index.html' }))).length > 512)
const stats = await serving.stats({ stream: false })
tell('stats', [typeof stats.read, typeof stats.cpu_stats.cpu_usage.total_usage])
tell('stopped', await failure(() => serving.stop({ t: 0 })))
tell('stopped again', await failure(() => serving.stop({ t: 0 })))
tell('started', await failure(() => serving.start()))
tell('started again', await failure(() => serving.start()))
const committed = await serving.commit({ repo: 'rode-image', tag: '1', comment: 'why' })
tell('committed', Object.keys(committed))
const saved = await docker.getImage('rode-image:1').get()
const archive = Buffer.concat(await Array.fromAsync(saved, (piece) => Buffer.from(piece)))
await docker.getImage('rode-image:1').remove()
tell('loaded', await textOf(await docker.loadImage(Readable.from([archive]), { quiet: true })))
await docker.getImage('rode-image:1').remove()
await serving.remove({ force: true })

const network = await docker.createNetwork({ Name: 'rode', Labels: { mine: '1' } })
tell('networks', (await docker.listNetworks({ filters: { label: ['mine=1'] } })).length)
tell('network', (await network.inspect()).Name)
await network.remove()
await docker.createVolume({ Name: 'rode' })
const { Name, Driver } = await docker.getVolume('rode').inspect()
tell('volume', [Name, Driver])
await docker.getVolume('rode').remove()

const ran = new PassThrough()
const words = textOf(ran)
const [end] = await docker.run(image, ['echo', 'run'], ran, { HostConfig: { AutoRemove: true } })
ran.end()
tell('run', [end.StatusCode, (await words).trim()])

const actions = told
  .trim()
  .split('\n')
  .map((line): string => JSON.parse(line).Action)
// The end of a container is told before or after what ended it, as it comes.
tell('events', actions.filter((action) => !action.startsWith('exec')).sort())
tell('over', true)
process.exit(0)
