import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/** A running `tar -x`. */
export type TarProgram = {
  readonly stdin: Writable
  /** Ends it, if it still runs. */
  readonly kill: () => void
  /** Resolves when it has ended, never rejects. */
  readonly end: Promise<TarEnd>
}

export type TarEnd = {
  /** `exit status 0`, `signal SIGKILL`, or why it did not start. */
  readonly status: string
  /** What it complained about; a warning is a failure too, as something of the layer is missing then. */
  readonly complaints: string
}

const longestComplaints = 4096

/**
 * Starts GNU tar, which does what Node cannot: device nodes for whiteouts, extended attributes.
 *
 * Directories get their modes and times last, so that read-only ones can be filled and written
 * twice. Ends by itself when its input ends early, as it does when we are killed.
 */
export function startTar(program: string, directory: string): TarProgram {
  const words = [
    '--extract',
    `--directory=${directory}`,
    '--numeric-owner',
    '--same-owner',
    '--same-permissions',
    '--delay-directory-restore',
    '--xattrs',
    '--xattrs-include=*',
    '--warning=no-timestamp',
  ]
  const child = spawn(program, words, {
    stdio: ['pipe', 'ignore', 'pipe'],
    // Nothing else: TAR_OPTIONS would change what it does.
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  })
  let complaints = ''
  child.stderr.on('data', (piece: Buffer) => {
    if (complaints.length < longestComplaints) complaints += piece.toString('utf8')
    // It would go on with the next file; what is broken stays broken.
    child.kill('SIGTERM')
  })
  const end = new Promise<TarEnd>((resolve) => {
    child.once('error', (error) => resolve({ status: error.message, complaints: '' }))
    child.once('close', (status, signal) =>
      resolve({
        status: signal === null ? `exit status ${status}` : `signal ${signal}`,
        complaints: complaints.trim().slice(0, longestComplaints),
      }),
    )
  })
  return { stdin: child.stdin, kill: () => child.kill('SIGKILL'), end }
}
