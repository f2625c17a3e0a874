/**
 * Loaded before the program by its tests: the process kills itself instead of making the n-th call
 * that changes the file system or starts a program, n from KILL_AT_CALL; a write gets half of its
 * data through first. At a normal end the number of such calls goes to standard output.
 */
import childProcess from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const killAt = Number(process.env.KILL_AT_CALL ?? Number.POSITIVE_INFINITY)
const changing = [
  'openSync',
  'writeFileSync',
  'fchownSync',
  'fchmodSync',
  'chownSync',
  'chmodSync',
  'lchownSync',
  'mkdirSync',
  'rmSync',
  'renameSync',
  'symlinkSync',
  'linkSync',
  'unlinkSync',
] as const
let calls = 0

for (const name of changing) {
  const original: unknown = fs[name]
  if (typeof original !== 'function') throw new TypeError(`node:fs has no ${name}`)
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      if (changes(name, args) && ++calls === killAt) die(name, original, args)
      return Reflect.apply(original, fs, args)
    },
  })
}
const { spawn } = childProcess
Object.assign(childProcess, {
  spawn: (...args: unknown[]) => {
    if (++calls === killAt) process.kill(process.pid, 'SIGKILL')
    return Reflect.apply(spawn, childProcess, args)
  },
})
syncBuiltinESMExports()
process.on('exit', () => process.stdout.write(`${calls}\n`))

/** Opening to read, as each module of the program is, changes nothing; nor does removing what is not there. */
function changes(name: string, [path, flags = 'r']: unknown[]): boolean {
  if (name === 'openSync') return flags !== 'r'
  return name !== 'rmSync' || fs.lstatSync(String(path), { throwIfNoEntry: false }) !== undefined
}

function die(name: string, original: unknown, [target, data]: unknown[]): void {
  if (name === 'writeFileSync' && typeof original === 'function' && data instanceof Uint8Array)
    Reflect.apply(original, fs, [target, data.subarray(0, data.length / 2)])
  process.kill(process.pid, 'SIGKILL')
}
