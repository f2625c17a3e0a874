import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '../../ignition/testing/servers.ts'
import { pointOfJwk, thumbprint } from '../jwk.ts'

export type TangServer = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** The folder of its keys; hidden ones are no longer advertised. */
  readonly keys: string
  /** Of the key that signs what it advertises. */
  thumbprint(hash?: 'sha256' | 'sha1'): string
  /** Hides the keys that are there and makes new ones. */
  rotate(): void
  /** Removes what is hidden. */
  forget(): void
  /** Ends it, and leaves its keys. */
  stop(): Promise<void>
}

export type TangOptions = {
  readonly port?: number
  /** The folder of its keys, where they were made before. */
  readonly known?: string
  /** How it is run; the one of this machine unless told. */
  readonly command?: (keys: string) => [file: string, parameters: string[]]
}

/** A real tangd on loopback, one process for each connection, as its socket unit has it. */
export async function startTang({
  port = 0,
  known,
  command = (folder) => ['/usr/libexec/tangd', [folder]],
}: TangOptions = {}): Promise<TangServer> {
  const host = '127.0.0.1'
  const keys = known ?? mkdtempSync(join(tmpdir(), 'slipway-tang-'))
  if (known === undefined) generateKeys(keys)
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const child = spawn(...command(keys), { stdio: ['pipe', 'pipe', 'ignore'] })
    for (const stream of [socket, child.stdin, child.stdout])
      stream.on('error', () => socket.destroy())
    socket.pipe(child.stdin)
    child.stdout.pipe(socket)
    socket.once('close', () => child.kill())
  })
  const listening = await listen(server, host, port)
  const visible = () => readdirSync(keys).filter((name) => !name.startsWith('.'))
  return {
    url: `http://${host}:${listening.port}`,
    port: listening.port,
    keys,
    thumbprint(hash = 'sha256') {
      const all = visible().map((name) => readFileSync(join(keys, name), 'utf8'))
      const point = pointOfJwk(JSON.parse(all.find((each) => each.includes('ES512')) ?? '{}'))
      if (point === undefined) throw new TypeError(`no key in ${keys} signs`)
      return thumbprint(point, hash)
    },
    rotate() {
      for (const name of visible()) renameSync(join(keys, name), join(keys, `.${name}`))
      generateKeys(keys)
    },
    forget() {
      for (const name of readdirSync(keys)) if (name.startsWith('.')) rmSync(join(keys, name))
    },
    stop: async () => await listening[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]()
      rmSync(keys, { recursive: true, force: true })
    },
  }
}

/** As tangd-keygen makes them, which is a script: one that signs, and one to encrypt to. */
function generateKeys(folder: string): void {
  const uses = { ES512: ['sign', 'verify'], ECMR: ['deriveKey'] }
  for (const [alg, operations] of Object.entries(uses)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp521r1' })
    const jwk = { ...privateKey.export({ format: 'jwk' }), alg, key_ops: operations }
    const point = pointOfJwk(jwk)
    if (point === undefined) throw new TypeError('no point of a key that was just made')
    writeFileSync(join(folder, `${thumbprint(point)}.jwk`), JSON.stringify(jwk))
  }
}
