import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { programEnvironment } from '../runtime/programs.ts'

/** conmon takes no larger message at a time. */
const messageBytes = 8192
/** How long output is still taken after the end of the input: until the container ends. */
const longSeconds = 10 * 365 * 24 * 60 * 60

/**
 * Sends a client's bytes to the standard input of a container whose conmon has its socket in
 * `directory`. The socket is of a kind that Node cannot open (SEQPACKET), so socat does. What comes back is
 * dropped: conmon would wait for a reader, and output is read from the log.
 */
export function sendToStdin(directory: string, input: Readable, ended: AbortSignal): void {
  if (ended.aborted) return
  const child = spawn(
    'socat',
    ['-b', String(messageBytes), '-t', String(longSeconds), '-', 'UNIX-CONNECT:attach,socktype=5'],
    // A path relative to it: the whole one may be longer than a socket's name can be.
    { cwd: directory, env: programEnvironment(), stdio: ['pipe', 'ignore', 'ignore'] },
  )
  const stop = () => {
    input.unpipe(child.stdin)
    child.kill('SIGKILL')
  }
  // The container may end while input is on its way.
  child.stdin.on('error', () => {})
  child.once('error', () => input.unpipe(child.stdin))
  child.once('exit', () => {
    ended.removeEventListener('abort', stop)
    // What nobody reads any more must not hold up the client's connection.
    input.resume()
  })
  ended.addEventListener('abort', stop, { once: true })
  input.once('close', () => child.stdin.end())
  input.pipe(child.stdin)
}
