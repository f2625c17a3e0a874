import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const preload = pathToFileURL(join(import.meta.dirname, 'kill-at-call.ts')).href

/**
 * Runs a program that kills itself at its n-th call that changes the file system. Gives undefined when it
 * did, else how many calls it made.
 */
export async function runUntilCall(
  program: string,
  words: readonly string[],
  call: number,
): Promise<number | undefined> {
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-killed-'))
  try {
    const report = join(scratch, 'calls')
    const child = spawn(process.execPath, ['--import', preload, program, ...words], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, KILL_AT_CALL: String(call), KILL_CALLS_FILE: report },
    })
    const [status, signal] = await once(child, 'close')
    if (signal === 'SIGKILL') return undefined
    if (status !== 0) throw new Error(`${program} ended with ${status}`)
    return Number(await readFile(report, 'utf8'))
  } finally {
    await rm(scratch, { recursive: true })
  }
}

/** Tries each of the calls of an undisturbed run, two at a time. */
export async function atEveryCall(
  calls: number,
  attempt: (call: number) => Promise<void>,
): Promise<void> {
  const pending = Array.from({ length: calls }, (_, index) => index + 1)
  const next = async (): Promise<void> => {
    for (let call = pending.shift(); call !== undefined; call = pending.shift()) await attempt(call)
  }
  await Promise.all([next(), next()])
}
