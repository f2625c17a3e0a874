import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lastWords, startFailure } from './start-failure.ts'

describe('what crun says of a program that cannot be run', () => {
  for (const [reason, message, exitCode] of [
    [
      'executable file `nosuch` not found in $PATH: No such file or directory',
      'exec: "nosuch": executable file not found in $PATH',
      127,
    ],
    [
      'executable file `/no/such` not found: No such file or directory',
      'exec: "/no/such": stat /no/such: no such file or directory',
      127,
    ],
    [
      'the path `/etc` is not a regular file: Operation not permitted',
      'exec: "/etc": is a directory: permission denied',
      126,
    ],
    [
      'the path `/etc/passwd` exists but it is not executable: Operation not permitted',
      'exec: "/etc/passwd": permission denied',
      126,
    ],
    ['chdir `/root`: Permission denied', 'chdir `/root`: permission denied', 126],
  ] as const)
    it(`"${reason}" is told in runc's words`, () => {
      assert.deepEqual(startFailure(`crun: ${reason}\n`), {
        message: `unable to start container process: ${message}`,
        exitCode,
      })
    })

  it('is passed on as it is when it is about something else', () => {
    const reason = 'mount `tmpfs` to `x`: Invalid argument'
    assert.deepEqual(startFailure(reason), { message: reason, exitCode: 128 })
  })

  it('is the last line of its log, without the time', () => {
    const log = '2026-01-01T00:00:00.000001Z: a warning\n2026-01-01T00:00:00.000002Z: cannot'
    assert.equal(lastWords(log), 'cannot')
  })
})
