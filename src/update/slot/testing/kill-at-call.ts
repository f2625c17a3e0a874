/**
 * Loaded before the program by its tests: the process kills itself instead of making the n-th call that
 * changes the disk, n from KILL_AT_CALL; a write gets half of its bytes through first. At a normal end the
 * number of such calls goes to standard output.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const killAt = Number(process.env.KILL_AT_CALL ?? Number.POSITIVE_INFINITY)
let calls = 0

type AnyFunction = (this: unknown, ...values: unknown[]) => unknown

await using handle = await fs.promises.open('/dev/null')
const handles = Object.getPrototypeOf(handle) as Record<string, unknown>
for (const name of ['write', 'writeFile', 'sync', 'datasync']) count(handles, name)
const module = fs.promises as unknown as Record<string, unknown>
for (const name of ['rename', 'unlink', 'rm']) count(module, name)
syncBuiltinESMExports()
process.on('exit', () => process.stdout.write(`${calls}\n`))

function count(holder: Record<string, unknown>, name: string): void {
  const original = holder[name]
  if (typeof original !== 'function') throw new TypeError(`there is no ${name}`)
  const call = original as AnyFunction
  holder[name] = async function (this: unknown, ...values: unknown[]) {
    if (++calls === killAt) {
      if (name === 'write') await halfOf(this, call, values)
      process.kill(process.pid, 'SIGKILL')
    }
    return await call.apply(this, values)
  }
}

/** Whole sectors, since that is what a device takes. */
async function halfOf(file: unknown, write: AnyFunction, values: unknown[]): Promise<void> {
  const [buffer, offset, length, position] = values
  const half = Math.floor(Number(length) / 2 / 512) * 512
  if (half > 0) await write.call(file, buffer, offset, half, position)
}
