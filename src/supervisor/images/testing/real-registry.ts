import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Cleanup } from './cleanup.ts'
import { requiredProgram } from './programs.ts'

/** Lines of YAML for the registry's `auth:` section, indented by two. */
export type RegistryAuth = string

/** Beside a directory of the test's own. */
export type RegistryOptions = {
  readonly directory: string
  readonly auth?: RegistryAuth
  /** Speaks HTTPS by these files. */
  readonly tls?: TlsFiles
  /** The directory with its content, which several may have; one of its own unless told. */
  readonly storage?: string
  /** The address of another registry that this one caches. */
  readonly caches?: string
}

export type TlsFiles = {
  readonly certificate: string
  readonly key: string
  /** PEM text of what clients must trust. */
  readonly authority: string
}

/** Makes a certificate for 127.0.0.1 that signs itself. */
export async function selfSigned(directory: string): Promise<TlsFiles> {
  const [certificate, key] = [join(directory, 'registry.crt'), join(directory, 'registry.key')]
  await promisify(execFile)(requiredProgram('openssl', 'openssl'), [
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'],
    ...['-out', certificate, '-keyout', key],
  ])
  return { certificate, key, authority: await readFile(certificate, 'utf8') }
}

/** For `htpasswd`: me:secret by bcrypt, the only form that the registry reads. */
export const passwordOfMe = 'me:$2y$05$6J49reu1e.Ps37PJalZLEexU77YO0x4.PWH4m/xEevGGQS9bibZL.\n'

/**
 * Starts Debian's docker-registry on a free port of the loopback interface; it ends with the test.
 *
 * @returns its host and port, as references write them
 */
export async function startRegistry(
  cleanup: Cleanup,
  { directory, storage, auth, tls, caches }: RegistryOptions,
): Promise<string> {
  const port = await freePort()
  const file = join(directory, `registry-${port}.yml`)
  await writeFile(
    file,
    `version: 0.1
log: { level: error }
storage:
  filesystem: { rootdirectory: ${storage ?? join(directory, `registry-${port}`)} }
http:
  addr: 127.0.0.1:${port}
${tls === undefined ? '' : `  tls: { certificate: ${tls.certificate}, key: ${tls.key} }\n`}${caches === undefined ? '' : `proxy: { remoteurl: ${caches} }\n`}${auth === undefined ? '' : `auth:\n${auth}`}`,
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
  for (let attempt = 0; attempt < 1200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${errors}`)
    if (await answers(host)) return host
    await sleep(50)
  }
  throw new Error(`docker-registry did not answer: ${errors}`)
}

/** One that speaks HTTPS says over plain HTTP that it does. */
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
