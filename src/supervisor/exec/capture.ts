import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { readIfThere } from '../../files/absence.ts'
import { lastWords, startFailure } from '../containers/start-failure.ts'
import { killIfThere } from '../runtime/processes.ts'
import { type ExecInContainer, prepareExec, removeExecFiles } from './files.ts'
import { spawnExec } from './pipes.ts'

/** As much as Docker keeps of a health check. */
const mostBytes = 4096
/** What it left in the background may hold its output open. */
const outputTimeoutMs = 500

/**
 * Runs a command in a container and gives the beginning of its output. After `timeoutMs` it is killed, and
 * the exit code is -1; so it is when `over` aborts.
 */
export async function runCaptured(
  run: ExecInContainer,
  timeoutMs: number,
  over: AbortSignal,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const files = await prepareExec(run)
  const child = spawnExec(run, files, ['ignore', 'pipe', 'pipe'])
  const late = AbortSignal.any([over, AbortSignal.timeout(timeoutMs)])
  const kill = () => void killProcess(files.pidFile).finally(() => child.kill('SIGKILL'))
  late.addEventListener('abort', kill, { once: true })
  try {
    const output = Promise.all([firstBytes(child.stdout), firstBytes(child.stderr)])
    const [status]: unknown[] = await once(child, 'exit')
    if (late.aborted)
      return { exitCode: -1, output: `Health check exceeded timeout (${timeoutMs / 1000}s)` }
    const texts = await Promise.race([output, sleep(outputTimeoutMs, ['', ''], { ref: false })])
    if ((await textOf(files.pidFile)) === '') {
      const { message } = startFailure(lastWords((await textOf(files.runtimeLog)).trim()))
      return { exitCode: -1, output: `OCI runtime exec failed: exec failed: ${message}` }
    }
    const exitCode = typeof status === 'number' ? status : -1
    return { exitCode, output: texts.join('').slice(0, mostBytes) }
  } finally {
    late.removeEventListener('abort', kill)
    await removeExecFiles(files)
  }
}

/** The runtime waits for the process, whose end is not its own. */
async function killProcess(pidFile: string): Promise<void> {
  const pid = Number(await textOf(pidFile))
  if (pid > 1) killIfThere(pid)
}

async function firstBytes(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream === null) return ''
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk)
    // All is read, so that it does not wait for us.
    if (sizeBytes < mostBytes) chunks.push(bytes)
    sizeBytes += bytes.length
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function textOf(path: string): Promise<string> {
  return (await readIfThere(path)) ?? ''
}
