import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type Readable, Transform, type Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { awaitedFile } from '../../files/awaited-file.ts'
import { frame } from '../attach/frames.ts'
import { lastWords, startFailure } from '../containers/start-failure.ts'
import { programEnvironment } from '../runtime/programs.ts'
import { type ExecFiles, type ExecInContainer, prepareExec, removeExecFiles } from './files.ts'
import { neverRan } from './session.ts'
import type { ExecRun } from './sessions.ts'

const pipesTimeoutMs = 10_000

/**
 * Runs a command without a terminal: the runtime has pipes of our own, so that a slow client slows the
 * command down and nothing is lost. Gives its exit code; `neverRan` when it could not be started.
 */
export async function runWithPipes(run: ExecRun): Promise<number> {
  const { session, client } = run
  const { config } = session
  const files = await prepareExec(run)
  const input = config.stdin ? client?.input : undefined
  const output = client?.output
  const child = spawnExec(run, files, [
    input === undefined ? 'ignore' : 'pipe',
    output !== undefined && config.stdout ? 'pipe' : 'ignore',
    output !== undefined && config.stderr ? 'pipe' : 'ignore',
  ])
  try {
    const exited = once(child, 'exit')
    if (input !== undefined && child.stdin !== null) feed(input, child.stdin)
    const looking = tellPid(run, files.pidFile, child)
    const sent = Promise.all([
      send(child.stdout, 'stdout', output),
      send(heldBack(child.stderr, looking), 'stderr', output),
    ])
    const [status, signal]: unknown[] = await exited
    const began = await looking
    // What it left in the background may hold the pipes open for ever.
    await Promise.race([sent, sleep(pipesTimeoutMs, undefined, { ref: false })])
    const said = (await readFile(files.runtimeLog, 'utf8').catch(() => '')).trim()
    if (!began) {
      const words = `OCI runtime exec failed: exec failed: ${startFailure(lastWords(said)).message}\r\n`
      output?.write(frame('stdout', Buffer.from(words)))
      return neverRan
    }
    return typeof status === 'number' ? status : signal === 'SIGKILL' ? 137 : 255
  } finally {
    await removeExecFiles(files)
  }
}

/** Starts the runtime with a command; what it says itself goes to a file, beside the standard error. */
export function spawnExec(
  { container, runtime }: ExecInContainer,
  files: ExecFiles,
  stdio: ('pipe' | 'ignore')[],
): ChildProcess {
  return spawn(
    'crun',
    [
      ...runtime.runtimeArguments,
      ...['--log', `file:${files.runtimeLog}`, 'exec'],
      ...['--process', files.process, '--pid-file', files.pidFile, container.id],
    ],
    { env: programEnvironment(), stdio },
  )
}

/** The runtime's own words come there too, and are told in another way: nothing of a command that never began. */
function heldBack(errors: Readable | null, began: Promise<boolean>): Readable | null {
  if (errors === null) return null
  return errors.pipe(
    new Transform({
      transform: (chunk: Buffer, _encoding, pass) => {
        void began.then((really) => pass(null, really ? chunk : undefined))
      },
    }),
  )
}

function feed(input: Readable, stdin: Writable): void {
  // It may end without reading everything.
  stdin.on('error', () => input.resume())
  input.once('close', () => stdin.end())
  input.pipe(stdin)
}

async function send(
  output: Readable | null,
  stream: 'stdout' | 'stderr',
  client: Writable | undefined,
): Promise<void> {
  if (output === null || client === undefined) return
  for await (const chunk of output) {
    // Without a client it goes on, as in Docker.
    if (client.destroyed || client.write(frame(stream, Buffer.from(chunk)))) continue
    await Promise.race([once(client, 'drain'), once(client, 'close')])
  }
}

/** Tells the process when it is there; whether it ever was. */
async function tellPid(run: ExecRun, pidFile: string, child: ChildProcess): Promise<boolean> {
  const over = new AbortController()
  child.once('exit', () => over.abort())
  if (child.exitCode !== null || child.signalCode !== null) over.abort()
  const text = await awaitedFile(pidFile, (content) => Number(content) > 0, over.signal)
  if (text === undefined) return false
  run.begun(Number(text))
  return true
}
