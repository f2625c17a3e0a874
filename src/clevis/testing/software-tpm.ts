import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { OpenTpm } from '../tpm/connection.ts'

export type SoftwareTpm = AsyncDisposable & {
  readonly open: OpenTpm
  /** By which programs of tpm2-tools find it. */
  readonly environment: Readonly<Record<string, string>>
}

/** A real swtpm, with a seed of its own and no resource manager before it; it serves one at a time. */
export async function startSoftwareTpm(): Promise<SoftwareTpm> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-tpm-'))
  const socket = join(folder, 'tpm')
  const child = spawn(
    'swtpm',
    [
      ...['socket', '--tpm2', '--tpmstate', `dir=${folder}`],
      ...['--server', `type=unixio,path=${socket}`],
      // Where the programs of tpm2-tools expect it.
      ...['--ctrl', `type=unixio,path=${socket}.ctrl`],
      ...['--flags', 'not-need-init,startup-clear'],
    ],
    { stdio: 'ignore' },
  )
  await once(child, 'spawn')
  const deadline = Date.now() + 10_000
  while (!existsSync(socket) || !existsSync(`${socket}.ctrl`)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('swtpm does not listen')
    await delay(10)
  }
  return {
    open: () => openSocket(socket),
    environment: { TPM2TOOLS_TCTI: `swtpm:path=${socket}` },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) {
        child.kill()
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function openSocket(path: string): ReturnType<OpenTpm> {
  const socket = connect(path)
  await once(socket, 'connect')
  return {
    async exchange(_, command) {
      socket.write(command)
      let answer = Buffer.alloc(0)
      while (answer.length < 6 || answer.length < answer.readUInt32BE(2)) {
        const [chunk] = (await once(socket, 'data')) as [Buffer]
        answer = Buffer.concat([answer, chunk])
      }
      return answer
    },
    async [Symbol.asyncDispose]() {
      socket.end()
      await once(socket, 'close')
    },
  }
}
