import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifAbsent } from '../../files/absence.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerPaths } from '../directories.ts'
import { tagOf } from '../logs/tag.ts'
import { ended, programEnvironment } from './programs.ts'
import type { Scope } from './scope.ts'

export type LogDriver = 'journald' | 'k8s-file'

/** Where a container's output is kept. */
export type LogOutputs = {
  readonly journal: boolean
  readonly file: boolean
  /** The file begins anew at this size. */
  readonly maximumBytes?: number
}

export type ConmonOptions = {
  readonly container: Container
  readonly paths: ContainerPaths
  readonly exitDirectory: string
  readonly logs: LogOutputs
  /** The OCI runtime's path and the arguments before its verb; conmon does not search for it. */
  readonly runtime: string
  readonly runtimeArguments: readonly string[]
  readonly scope: Scope
  /** Called with the container's cgroup, before conmon lets the runtime read config.json. */
  prepareBundle(cgroupsPath: string): Promise<void>
}

/**
 * Creates a container by conmon, which from then on holds its output, log and exit code, whatever
 * happens to the supervisor. Gives the pid of the container's first process, which waits for
 * `crun start`. Throws SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED with the runtime's reason.
 */
export async function createByConmon(options: ConmonOptions): Promise<number> {
  const { container, scope } = options
  const [program = '', ...rest] = scope.wrap(container, conmonCommand(options))
  const child = spawn(program, rest, {
    // conmon's own protocol: it waits for a byte on the start pipe, and answers on the sync pipe.
    env: programEnvironment({ _OCI_STARTPIPE: '3', _OCI_SYNCPIPE: '4' }),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const end = ended(child, program)
  try {
    const errors = listen(pipe(child, 2))
    const answer = listen(pipe(child, 4))
    const started = await Promise.race([settled(options, child), end])
    if (started !== undefined)
      throw notCreated(container, `${program} ended early (${started}): ${errors.text.trim()}`)
    pipe(child, 3).end('0')
    await Promise.race([answer.line, end.then(() => answer.line)])
    return parseAnswer(container, answer.text, errors.text)
  } finally {
    // conmon keeps its ends open for as long as the container runs.
    for (const fd of [2, 3, 4]) pipe(child, fd).destroy()
    child.unref()
  }
}

/** The first process, or why there is none. */
export type ConmonAnswer = { readonly pid: number } | { readonly reason: string }

/** Descriptors of a conmon that runs a command in a container, by the variables that name them. */
export const execPipes = { _OCI_SYNCPIPE: 3, _OCI_ATTACHPIPE: 4, _OCI_STARTPIPE: 5 } as const

/**
 * Lets such a conmon begin, and gives what it says. It wants a byte to begin at all, tells when its
 * socket is there, and wants another one to run the command.
 */
export async function answerOfConmon(child: ChildProcess): Promise<ConmonAnswer> {
  const end = ended(child, 'conmon')
  const { _OCI_SYNCPIPE: sync, _OCI_ATTACHPIPE: attach, _OCI_STARTPIPE: start } = execPipes
  try {
    const errors = listen(pipe(child, 2))
    const answer = listen(pipe(child, sync))
    const ready = listen(pipe(child, attach))
    pipe(child, start).on('error', () => {})
    pipe(child, start).write('0')
    await Promise.race([ready.line, end.then(() => ready.line)])
    pipe(child, start).end('0')
    await Promise.race([answer.line, end.then(() => answer.line)])
    return parsedAnswer(answer.text, errors.text)
  } finally {
    for (const fd of [2, sync, attach, start]) pipe(child, fd).destroy()
    child.unref()
  }
}

/** How a container ended, as conmon wrote it; undefined while it runs. */
export async function readExit(
  paths: ContainerPaths,
): Promise<{ exitCode: number; finishedAt: Date; oomKilled: boolean } | undefined> {
  const text = await readFile(paths.exitFile, 'utf8').catch(ifAbsent)
  // conmon renames the finished file into place; an empty one would be someone else's.
  if (text === undefined || !/^-?\d+$/.test(text.trim())) return undefined
  const { mtime } = await stat(paths.exitFile)
  const oom =
    (await stat(`${paths.persist}/oom`).catch(ifAbsent)) ??
    (await stat(`${paths.bundle}/oom`).catch(ifAbsent))
  return { exitCode: Number(text), finishedAt: mtime, oomKilled: oom !== undefined }
}

/** The command line of conmon for one container. */
export function conmonCommand(options: Omit<ConmonOptions, 'scope' | 'prepareBundle'>): string[] {
  const { container, paths, exitDirectory, logs, runtime, runtimeArguments } = options
  const { terminal, stdin } = container.spec
  return [
    'conmon',
    ...['--api-version', '1'],
    ...['--cid', container.id],
    ...['--cuuid', container.id],
    ...['--name', container.name],
    ...['--bundle', paths.bundle],
    ...['--runtime', runtime],
    ...runtimeArguments.flatMap((argument) => ['--runtime-arg', argument]),
    ...['--container-pidfile', paths.pidFile],
    ...['--conmon-pidfile', paths.conmonPidFile],
    ...['--exit-dir', exitDirectory],
    ...['--persist-dir', paths.persist],
    '--full-attach',
    ...(terminal === true ? ['--terminal'] : []),
    ...(stdin === undefined ? [] : ['--stdin']),
    // The end of a terminal's client is none of its input; a pipe's is, unless others may follow.
    ...(stdin?.once === true && terminal !== true ? [] : ['--leave-stdin-open']),
    ...(logs.journal ? ['--log-path', 'journald:', '--log-tag', tagOf(container)] : []),
    ...(logs.file ? ['--log-path', `k8s-file:${paths.logFile}`] : []),
    ...(logs.maximumBytes === undefined ? [] : ['--log-size-max', String(logs.maximumBytes)]),
  ]
}

async function settled(options: ConmonOptions, { pid }: ChildProcess): Promise<undefined> {
  // No pid: the program could not be started, which `ended` tells.
  if (pid === undefined) return await new Promise(() => {})
  const cgroupsPath = await options.scope.settle(options.container, pid)
  await options.prepareBundle(cgroupsPath)
  return undefined
}

function parseAnswer(container: Container, answer: string, errors: string): number {
  const parsed = parsedAnswer(answer, errors)
  if ('pid' in parsed) return parsed.pid
  throw notCreated(container, parsed.reason)
}

function parsedAnswer(answer: string, errors: string): ConmonAnswer {
  let parsed: unknown
  try {
    // When the process ends at once, its exit code is on the next line already.
    parsed = JSON.parse(answer.split('\n', 1)[0] ?? '')
  } catch {
    return { reason: errors.trim() || 'conmon ended without an answer' }
  }
  const { data, message } = parsed as { data?: unknown; message?: unknown }
  if (typeof data === 'number' && data > 0) return { pid: data }
  const reason = typeof message === 'string' && message !== '' ? message : errors
  return { reason: reason.trim() || `conmon answered ${answer.trim()}` }
}

function notCreated(container: Container, reason: string): Error {
  return supervisorErrors.error('SLIPWAY_SUPERVISOR_CONTAINER_NOT_CREATED', {
    name: container.name,
    reason,
  })
}

function pipe(child: ChildProcess, fd: number): Socket {
  const stream = child.stdio[fd]
  if (stream instanceof Socket) return stream
  throw new TypeError(`the descriptor ${fd} of conmon is not a pipe`)
}

/** Gathers what a pipe brings; `line` resolves at the first line's end, or when the pipe ends. */
function listen(stream: Socket): { readonly text: string; readonly line: Promise<void> } {
  let text = ''
  const line = new Promise<void>((resolve) => {
    stream.setEncoding('utf8')
    stream.on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve()
    })
    stream.on('error', () => resolve())
    stream.on('close', () => resolve())
    stream.on('end', () => resolve())
  })
  return {
    get text() {
      return text
    },
    line,
  }
}
