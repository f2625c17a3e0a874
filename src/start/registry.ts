import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { startErrors } from '../errors/start.ts'
import { run } from '../pipeline/program.ts'
import { inMachineTree } from './programs.ts'

/** Where QEMU's user network shows this machine's loopback to the guest. */
export const HOST_SEEN_BY_GUEST = '10.0.2.2'

const ATTEMPTS = 5
const START_TIMEOUT_MS = 15_000

/** A real OCI registry on this machine's loopback, for virtual machines to pull from. */
export type Registry = {
  readonly port: number
  /** As the guest names it: host and port. */
  readonly guestName: string
  /** Copies an image from an OCI layout into the registry under `name:tag`. */
  push(layout: string, name: string, tag: string): Promise<void>
  stop(): Promise<void>
}

/** Starts a registry; it ends with this process at the latest. Throws SLIPWAY_START_REGISTRY_FAILED. */
export async function startRegistry(tree: string, signal: AbortSignal): Promise<Registry> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-registry-'))
  let output = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort()
    const child = await launch(tree, directory, port)
    child.stderr?.on('data', (data: Buffer) => {
      output = (output + data.toString()).slice(-2000)
    })
    if (await answers(port, child, signal)) return registry(tree, directory, port, child, signal)
    await end(child)
  }
  await rm(directory, { recursive: true, force: true })
  throw startErrors.error('SLIPWAY_START_REGISTRY_FAILED', { output: output.trim() || 'no output' })
}

async function launch(tree: string, directory: string, port: number): Promise<ChildProcess> {
  const configuration = join(directory, 'config.yml')
  await mkdir(join(directory, 'data'), { recursive: true })
  const settings = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}` },
  }
  await writeFile(configuration, stringify(settings))
  const [file, parameters] = inMachineTree(tree, 'docker-registry', ['serve', configuration])
  return spawn(file, parameters, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
}

function registry(
  tree: string,
  directory: string,
  port: number,
  child: ChildProcess,
  signal: AbortSignal,
): Registry {
  return {
    port,
    guestName: `${HOST_SEEN_BY_GUEST}:${port}`,
    push: async (layout, name, tag) => {
      const [file, parameters] = inMachineTree(tree, 'skopeo', [
        '--insecure-policy',
        'copy',
        '--quiet',
        '--dest-tls-verify=false',
        `oci:${layout}:latest`,
        `docker://127.0.0.1:${port}/${name}:${tag}`,
      ])
      await run(file, parameters, { signal, doing: 'filling the registry' })
    },
    stop: async () => {
      await end(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function answers(port: number, child: ChildProcess, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (performance.now() < deadline && child.exitCode === null) {
    signal.throwIfAborted()
    const status = await new Promise<number>((resolve) => {
      request({ host: '127.0.0.1', port, path: '/v2/', timeout: 1000 }, (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
        .on('error', () => resolve(0))
        .end()
    })
    if (status === 200) return true
    await delay(50)
  }
  return false
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** A port that was free a moment ago; whoever uses it must be ready to try another. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
