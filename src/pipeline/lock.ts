import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { buildErrors } from '../errors/build.ts'
import { missingProgram } from './program.ts'

/** A lock on a path, held by the kernel for this process: gone with it, whatever ends it. */
export type Lock = { release(): Promise<void> }

/**
 * Waits until the lock on `path` is ours, alone or shared with others. A shared one does not keep this
 * process from ending. Throws the signal's reason when aborted meanwhile.
 */
export async function acquireLock(
  path: string,
  signal: AbortSignal,
  { shared = false } = {},
): Promise<Lock> {
  const lock = await flock(path, shared ? ['--shared'] : [], signal)
  if (!lock)
    throw buildErrors.error('SLIPWAY_BUILD_LOCK_FAILED', { path, reason: 'held by another' })
  return lock
}

/** The lock on `path`, or undefined when somebody else holds it. */
export function tryLock(path: string): Promise<Lock | undefined> {
  return flock(path, ['--nonblock', '--conflict-exit-code', String(HELD_BY_ANOTHER)])
}

const HELD_BY_ANOTHER = 75

/**
 * Node has no flock(2); util-linux's program holds the lock for us and lets go when its standard
 * input closes, which the kernel sees to when we die.
 */
async function flock(
  path: string,
  options: readonly string[],
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  await mkdir(dirname(path), { recursive: true })
  signal?.throwIfAborted()
  const child = spawn('flock', [...options, path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C goes to the whole foreground group; the lock must outlive it until we let go.
    detached: true,
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const abort = () => child.kill()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (!(await isHeld(child, path, signal))) return undefined
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  if (options.includes('--shared')) for (const each of [child, ...child.stdio]) letGo(each)
  return {
    release: async () => {
      child.ref()
      child.stdin.end()
      await ended
    },
  }
}

function isHeld(
  child: ChildProcessWithoutNullStreams,
  path: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) =>
      reject(buildErrors.error('SLIPWAY_BUILD_LOCK_FAILED', { path, reason }, cause))
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? reject(missingProgram('flock')) : fail(error.message, error),
    )
    // Written once it is ours; a write to a lock that is going is nothing to speak of.
    child.stdin.on('error', () => {})
    child.stdout.once('data', () => resolve(true))
    child.once('close', (status, killedBy) => {
      if (signal?.aborted) reject(signal.reason)
      else if (status === HELD_BY_ANOTHER) resolve(false)
      else fail(output.trim() || `flock ended with ${killedBy ?? `exit status ${status}`}`)
    })
  })
}

/** Streams of a child are sockets, which Node's types don't tell. */
function letGo(each: object | null | undefined): void {
  if (each && 'unref' in each && typeof each.unref === 'function') each.unref()
}
