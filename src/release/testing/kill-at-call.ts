/**
 * Loaded before a program by its tests: the process kills itself instead of making the n-th call that
 * changes the file system, n from KILL_AT_CALL; a write gets half of its data through first. At a normal
 * end the number of such calls goes to the file that KILL_CALLS_FILE names.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const killAt = Number(process.env.KILL_AT_CALL ?? Number.POSITIVE_INFINITY)
const report = process.env.KILL_CALLS_FILE
const { writeFileSync, writeSync } = fs
let calls = 0

type Call = (...parameters: unknown[]) => unknown

const handle = await fs.promises.open('/dev/null')
const handles: object = Object.getPrototypeOf(handle)
await handle.close()

for (const name of ['link', 'copyFile', 'mkdir', 'rename', 'rm', 'writeFile', 'open'])
  wrap(fs.promises, name)
for (const name of ['writeFileSync', 'mkdirSync', 'renameSync', 'rmSync']) wrap(fs, name)
wrap(handles, 'writeFile')
syncBuiltinESMExports()
process.on('exit', () => {
  if (report !== undefined) writeFileSync(report, String(calls))
})

function wrap(owner: object, name: string): void {
  const original: unknown = Reflect.get(owner, name)
  if (typeof original !== 'function') throw new TypeError(`there is no ${name}`)
  const wrapped: Call = function (this: unknown, ...parameters) {
    if (changes(name, parameters) && ++calls === killAt) die(name, this, parameters)
    return Reflect.apply(original, this, parameters)
  }
  Object.defineProperty(owner, name, { value: wrapped, writable: true, configurable: true })
}

/** To open a file for reading changes nothing. */
function changes(name: string, [, flags]: unknown[]): boolean {
  return name !== 'open' || (flags !== undefined && flags !== 'r')
}

function die(name: string, owner: unknown, [first, second]: unknown[]): void {
  if (name === 'writeFileSync' || (name === 'writeFile' && second !== undefined))
    if (typeof first === 'string') writeFileSync(first, halfOf(second))
  if (name === 'writeFile' && second === undefined && owner instanceof handle.constructor) {
    const fd: unknown = Reflect.get(owner, 'fd')
    if (typeof fd === 'number') writeSync(fd, halfOf(first))
  }
  process.kill(process.pid, 'SIGKILL')
}

function halfOf(data: unknown): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return bytes instanceof Uint8Array ? bytes.subarray(0, bytes.length / 2) : new Uint8Array()
}
