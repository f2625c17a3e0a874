import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { buildErrors } from '../errors/build.ts'

/** A lock on a path, held by the kernel for this process: gone with it, whatever ends it. */
export type Lock = { release(options?: { remove?: boolean }): Promise<void> }

/** Waits until the lock on `path` is ours. Throws the signal's reason when aborted meanwhile. */
export async function acquireLock(path: string, signal: AbortSignal): Promise<Lock> {
  const lock = await flock(path, [], signal)
  if (!lock) throw buildErrors.error('SLIPWAY_BUILD_LOCK_FAILED', { path })
  return lock
}

/** The lock on `path`, or undefined when somebody else holds it. */
export function tryLock(path: string): Promise<Lock | undefined> {
  return flock(path, ['--nonblock'])
}

/**
 * Node has no flock(2); util-linux's program holds the lock for us and lets go when its standard
 * input closes, which the kernel sees to when we die.
 */
async function flock(
  path: string,
  options: string[],
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  signal?.throwIfAborted()
  await mkdir(dirname(path), { recursive: true })
  const child = spawn('flock', [...options, path, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Ctrl-C goes to the whole foreground group; the lock must outlive it until we let go.
    detached: true,
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const abort = () => child.kill()
  signal?.addEventListener('abort', abort, { once: true })
  const held = await new Promise<boolean>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(buildErrors.error('SLIPWAY_BUILD_LOCK_FAILED', { path }, cause)),
    )
    child.stdout.once('data', () => resolve(true))
    child.once('close', () => resolve(false))
  })
  signal?.removeEventListener('abort', abort)
  signal?.throwIfAborted()
  if (!held) return undefined
  return {
    release: async ({ remove = false } = {}) => {
      if (remove) await rm(path, { force: true })
      child.stdin.end()
      await ended
    },
  }
}
