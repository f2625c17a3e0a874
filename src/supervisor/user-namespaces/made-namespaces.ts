import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { unmount } from '../runtime/overlay.ts'
import { ended, programEnvironment, runProgram } from '../runtime/programs.ts'
import { type IdMapping, idMapText } from './id-mapping.ts'

/**
 * Makes a user namespace and pins it by a bind mount, and with it a network namespace that it owns: root in a container
 * has its rights over the network only if that belongs to its own users.
 */
export async function makeUserNamespace(
  mapping: IdMapping,
  { userns, netns }: { readonly userns: string; readonly netns?: string | undefined },
): Promise<void> {
  const kinds = ['--user', ...(netns === undefined ? [] : ['--net'])]
  await insideOf(['unshare', ...kinds], async (pid) => {
    // What only somebody outside may do.
    const mapped = ['uid_map', 'gid_map'].map((file) =>
      writeFile(`/proc/${pid}/${file}`, idMapText(mapping)),
    )
    const pinned = [
      pin(`/proc/${pid}/ns/user`, userns),
      ...(netns === undefined ? [] : [pin(`/proc/${pid}/ns/net`, netns)]),
    ]
    // The process has to wait for all of them, whatever becomes of one.
    for (const one of await Promise.allSettled([...mapped, ...pinned]))
      if (one.status === 'rejected') throw one.reason
  })
}

/** Makes a network namespace that the user namespace of a process owns, and pins it. */
export async function makeOwnedNetwork(ownerPid: number, netns: string): Promise<void> {
  const enter = ['nsenter', `--user=/proc/${ownerPid}/ns/user`, '--', 'unshare', '--net']
  await insideOf(enter, async (pid) => await pin(`/proc/${pid}/ns/net`, netns))
}

/** Lets go of a pinned user namespace; no harm when there is none. */
export async function releaseUserNamespace(userns: string): Promise<void> {
  await unmount(userns)
  await rm(userns, { force: true })
}

/** Does something while a program waits in namespaces that a command line makes for it. */
async function insideOf(
  [program = '', ...rest]: readonly string[],
  work: (pid: number) => Promise<void>,
): Promise<void> {
  // It says what it hears, and ends when it hears no more.
  const child = spawn(program, [...rest, '--', 'grep', '--line-buffered', '^'], {
    env: programEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const words = lastWords(child)
  // Why it ended is told by its end.
  child.stdin.on('error', () => {})
  const end = ended(child, program)
  child.stdin.write('there\n')
  try {
    const isThere = await Promise.race([
      once(child.stdout, 'data').then(() => true),
      end.then(() => false),
    ])
    if (isThere && child.pid !== undefined) await work(child.pid)
  } finally {
    child.stdin.end()
  }
  const status = await end
  if (status === 0) return
  throw supervisorErrors.error('SLIPWAY_SUPERVISOR_PROGRAM_FAILED', {
    program,
    end: typeof status === 'number' ? `exit status ${status}` : status,
    words: (await words).trim() || 'nothing',
  })
}

async function pin(namespace: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, '')
  await runProgram('mount', ['--bind', namespace, file])
}

async function lastWords({
  stderr,
}: ChildProcessByStdio<Writable, Readable, Readable>): Promise<string> {
  let text = ''
  for await (const piece of stderr) text = (text + String(piece)).slice(-2000)
  return text
}
