import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { awaitedFile } from '../../files/awaited-file.ts'
import { pump } from '../attach/output.ts'
import { sendToStdin } from '../attach/stdin.ts'
import { lastWords, startFailure } from '../containers/start-failure.ts'
import { k8sFileLines } from '../logs/k8s-file.ts'
import { answerOfConmon, execPipes } from '../runtime/conmon.ts'
import { findProgram, programEnvironment } from '../runtime/programs.ts'
import { resizeTerminal, type TerminalSize } from '../runtime/terminal.ts'
import { type ExecFiles, prepareExec, removeExecFiles } from './files.ts'
import { neverRan } from './session.ts'
import type { ExecRun } from './sessions.ts'

/** What a terminal shows is not kept: the file only hands it over. */
const maximumLogBytes = 64 * 1024 * 1024

/** A command with a terminal of its own, which a conmon holds as it does a container's. */
export class ExecTerminal {
  readonly #run: ExecRun
  #directory: string | undefined
  #size: TerminalSize | undefined

  constructor(run: ExecRun) {
    this.#run = run
    this.#size = run.size
  }

  /** Gives the exit code; `neverRan` when it could not be started. */
  async run(): Promise<number> {
    const files = await prepareExec(this.#run)
    try {
      await mkdir(`${files.directory}/exits`)
      await writeFile(files.logFile, '', { mode: 0o600 })
      const { client, session, begun } = this.#run
      const answer = await answerOfConmon(await this.#spawn(files))
      if ('reason' in answer) {
        // conmon itself hardly ever passes on what the runtime said.
        const said = lastWords((await readFile(files.runtimeLog, 'utf8').catch(() => '')).trim())
        const { message } = startFailure(said || answer.reason)
        client?.output.write(`OCI runtime exec failed: exec failed: ${message}\r\n`)
        return neverRan
      }
      begun(answer.pid)
      this.#directory = files.directory
      if (this.#size !== undefined) await this.resize(this.#size)
      const ended = new AbortController()
      if (client?.input !== undefined && session.config.stdin)
        sendToStdin(files.directory, client.input, ended.signal)
      const shown = client === undefined ? undefined : this.#show(files, ended.signal)
      const exitCode = await this.#exitCode(files)
      ended.abort()
      await shown
      return exitCode
    } finally {
      await removeExecFiles(files)
    }
  }

  /** Before the terminal is there, its size is remembered. */
  async resize(size: TerminalSize): Promise<void> {
    this.#size = size
    if (this.#directory !== undefined) await resizeTerminal(`${this.#directory}/ctl`, size)
  }

  async #spawn(files: ExecFiles): Promise<ReturnType<typeof spawn>> {
    const { container, session, runtime } = this.#run
    const { id, name } = container
    return spawn(
      'conmon',
      [
        ...['--api-version', '1', '--exec', '--exec-attach', '--exec-process-spec', files.process],
        ...['--cid', id, '--cuuid', session.id, '--name', name, '--bundle', files.directory],
        ...['--runtime', await findProgram('crun')],
        ...[...runtime.runtimeArguments, '--log', `file:${files.runtimeLog}`].flatMap(
          (argument) => ['--runtime-arg', argument],
        ),
        ...['--container-pidfile', files.pidFile, '--exit-dir', `${files.directory}/exits`],
        ...['--full-attach', '--terminal', '--stdin', '--leave-stdin-open'],
        ...['--log-path', `k8s-file:${files.logFile}`, '--log-size-max', String(maximumLogBytes)],
      ],
      {
        env: programEnvironment(
          Object.fromEntries(Object.entries(execPipes).map(([name, fd]) => [name, String(fd)])),
        ),
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
        detached: true,
      },
    )
  }

  async #show({ logFile }: ExecFiles, ended: AbortSignal): Promise<void> {
    const { client } = this.#run
    if (client === undefined) return
    const gone = new AbortController()
    client.output.once('close', () => gone.abort())
    const lines = k8sFileLines(logFile, { follow: true, signal: gone.signal, ended })
    await pump(contents(lines), client.output, gone.signal)
  }

  async #exitCode({ exitFile }: ExecFiles): Promise<number> {
    const isCode = (text: string) => /^-?\d+$/.test(text.trim())
    const code = await awaitedFile(exitFile, isCode, this.#run.ended)
    // Its processes went with the container's.
    return code === undefined ? 137 : Number(code)
  }
}

async function* contents(lines: AsyncIterable<{ content: Buffer }>): AsyncGenerator<Buffer> {
  for await (const { content } of lines) yield content
}
