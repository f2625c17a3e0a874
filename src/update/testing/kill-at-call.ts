/**
 * Loaded before a program by its tests: the process kills itself instead of making the n-th call of
 * node:fs/promises that changes the disk or orders its changes, n from KILL_AT_CALL; a write gets half of
 * its data through first. At a normal end the number of such calls goes to standard error.
 */
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const killAt = Number(process.env.KILL_AT_CALL ?? Number.POSITIVE_INFINITY)
let calls = 0

const probe = await fs.open(process.execPath, 'r')
const handlePrototype: unknown = Object.getPrototypeOf(probe)
await probe.close()

watch(fs, ['open', 'rename', 'rm', 'mkdir'])
watch(handlePrototype, ['writeFile', 'sync'])
syncBuiltinESMExports()
process.on('exit', () => process.stderr.write(`calls: ${calls}\n`))

function watch(owner: unknown, names: readonly string[]): void {
  if (typeof owner !== 'object' || owner === null) throw new TypeError('nothing to watch')
  for (const name of names) {
    const original: unknown = Reflect.get(owner, name)
    if (typeof original !== 'function') throw new TypeError(`there is no ${name}`)
    Object.assign(owner, {
      [name]: async function (this: unknown, ...args: unknown[]): Promise<unknown> {
        calls += 1
        if (calls === killAt) await die(name, original, this, args)
        return await Reflect.apply(original, this, args)
      },
    })
  }
}

async function die(name: string, original: unknown, self: unknown, args: unknown[]): Promise<void> {
  const [data] = args
  if (name === 'writeFile' && typeof original === 'function' && typeof data === 'string')
    await Reflect.apply(original, self, [data.slice(0, data.length / 2)])
  process.kill(process.pid, 'SIGKILL')
  // The signal takes effect at the next turn of the kernel; nothing may be done before.
  await new Promise(() => undefined)
}
