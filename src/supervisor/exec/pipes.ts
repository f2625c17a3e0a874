import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { frame } from '../attach/frames.ts'
import { startFailure } from '../containers/start-failure.ts'
import { programEnvironment } from '../runtime/programs.ts'
import { prepareExec, removeExecFiles } from './files.ts'
import type { ExecRun } from './sessions.ts'

const pidPollMs = 20

/**
 * Runs a command without a terminal: the runtime has pipes of our own, so that a slow client slows the
 * command down and nothing is lost. Gives its exit code; 126 or 127 when it could not be started.
 */
export async function runWithPipes(run: ExecRun): Promise<number> {
  const { container, session, runtime, client } = run
  const { config } = session
  const files = await prepareExec(run)
  const input = config.stdin ? client?.input : undefined
  const output = client?.output
  const child = spawn(
    'crun',
    [
      ...runtime.runtimeArguments,
      ...['--log', `file:${files.runtimeLog}`, 'exec'],
      ...['--process', files.process, '--pid-file', files.pidFile, container.id],
    ],
    {
      env: programEnvironment(),
      stdio: [
        input === undefined ? 'ignore' : 'pipe',
        output !== undefined && config.stdout ? 'pipe' : 'ignore',
        output !== undefined && config.stderr ? 'pipe' : 'ignore',
      ],
    },
  )
  try {
    const exited = once(child, 'exit')
    if (input !== undefined && child.stdin !== null) feed(input, child.stdin)
    const looking = tellPid(run, files.pidFile, child)
    const sent = Promise.all([
      send(child.stdout, 'stdout', output),
      send(child.stderr, 'stderr', output),
    ])
    const [status, signal]: unknown[] = await exited
    // What it started in the background may hold the pipes open for ever: Docker does not wait either.
    await Promise.race([sent, once(child, 'close')])
    await looking
    const said = (await readFile(files.runtimeLog, 'utf8').catch(() => '')).trim()
    if (said !== '' && !(await hasPid(files.pidFile))) {
      const { message, exitCode } = startFailure(lastWords(said))
      output?.write(frame('stdout', Buffer.from(`OCI runtime exec failed: ${message}\r\n`)))
      return exitCode
    }
    return typeof status === 'number' ? status : signal === 'SIGKILL' ? 137 : 255
  } finally {
    await removeExecFiles(files)
  }
}

/** crun writes `2026-01-01T00:00:00.000000Z: words`, or the words alone. */
export function lastWords(log: string): string {
  return (log.split('\n').at(-1) ?? '').replace(/^\d{4}-\d\d-\d\dT\S+: /, '')
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

async function tellPid(run: ExecRun, pidFile: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''))
    if (pid > 0) return run.begun(pid)
    await new Promise((resolve) => setTimeout(resolve, pidPollMs))
  }
}

async function hasPid(pidFile: string): Promise<boolean> {
  return Number(await readFile(pidFile, 'utf8').catch(() => '')) > 0
}
