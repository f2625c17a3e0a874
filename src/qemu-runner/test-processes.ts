import { fail } from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** The command lines of the processes that have every one of these texts in them. */
export async function processesNaming(...texts: string[]): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  )
  return lines.filter((line) => texts.every((text) => line.includes(text)))
}

/** Waits until a list is empty. */
export async function untilNone(list: () => Promise<string[]>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if ((await list()).length === 0) return
    await delay(50)
  }
  fail(`still running: ${(await list()).join('\n')}`)
}
