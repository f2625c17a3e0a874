import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cleanup } from './cleanup.ts'
import { requiredProgram } from './programs.ts'

/** Lines of YAML for the registry's `auth:` section, indented by two. */
export type RegistryAuth = string

/**
 * Starts Debian's docker-registry on a free port of the loopback interface; it ends with the test.
 *
 * @returns its host and port, as references write them
 */
export async function startRegistry(
  cleanup: Cleanup,
  { directory, auth }: { directory: string; auth?: RegistryAuth },
): Promise<string> {
  const port = await freePort()
  const file = join(directory, `registry-${port}.yml`)
  await writeFile(
    file,
    `version: 0.1
log: { level: error }
storage:
  filesystem: { rootdirectory: ${join(directory, `registry-${port}`)} }
http:
  addr: 127.0.0.1:${port}
${auth === undefined ? '' : `auth:\n${auth}`}`,
  )
  const program = requiredProgram('docker-registry', 'docker-registry')
  const child = spawn(program, ['serve', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.on('data', (piece: Buffer) => {
    errors += piece.toString('utf8')
  })
  const ended = once(child, 'close')
  cleanup.defer(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const host = `127.0.0.1:${port}`
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${errors}`)
    if (await answers(host)) return host
    await sleep(50)
  }
  throw new Error(`docker-registry did not answer: ${errors}`)
}

async function answers(host: string): Promise<boolean> {
  try {
    return (await fetch(`http://${host}/v2/`)).status > 0
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
