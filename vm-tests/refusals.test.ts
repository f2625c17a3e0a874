import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { HOST_SEEN_BY_GUEST } from '../src/start/registry.ts'
import { troubleSigns } from '../src/start/trouble-signs.ts'
import { boot, type Laboratory, openLaboratory } from './host.ts'

const STOP_TIMEOUT_MS = 240_000

/** Trouble is what these tests are after, but for what no refusal may cause. */
const signs = troubleSigns.filter(({ name }) => /kernel|core dump|ordering/.test(name))

describe('a host that must not come up', () => {
  let laboratory: Laboratory

  before(async () => {
    laboratory = await openLaboratory()
  })

  after(() => laboratory?.close())

  it('stops with the reason when its config is bad, before anything is written, and tells the address of its config', async () => {
    await using reports = await receiveReports()
    const config = JSON.stringify({
      ignition: { version: '3.4.0' },
      storage: {
        files: [
          { path: 'etc/relative', contents: { source: 'data:,x' } },
          { path: '/etc/secret', mode: 'rw', contents: { source: 'data:,hunter2' } },
          {
            path: '/etc/slipway/provisioning-report',
            contents: { source: `data:,${encodeURIComponent(reports.address)}` },
          },
        ],
      },
    })
    await using machine = await boot(laboratory, { config, troubleSigns: signs })
    const refusal = await machine.waitForLine(/ignition: error: .*storage\.files/, {
      timeoutMs: STOP_TIMEOUT_MS,
    })
    assert.match(refusal.text, /fw_cfg\S*:\d+:\d+: .*storage\.files/)
    await machine.waitForLine(/Emergency Mode/, { timeoutMs: STOP_TIMEOUT_MS })
    await machine.waitForLine(/was told of the failure/, { timeoutMs: STOP_TIMEOUT_MS })
    const report = JSON.parse(reports.bodies[0] ?? '')
    assert.deepEqual(
      report.problems.map(({ path }: { path: string }) => path),
      ['$.storage.files.0.path', '$.storage.files.1.mode'],
    )
    assert.doesNotMatch(reports.bodies.join(), /hunter2/)
    const console = machine.console.lines.map((line) => line.text).join('\n')
    assert.match(console, /\$\.storage\.files\.0\.path/)
    assert.match(console, /\$\.storage\.files\.1\.mode/)
    assert.doesNotMatch(console, /hunter2|Switching root|writing file/)
    machine.throwIfFailed()
  })

  it('refuses a /usr that was changed', async () => {
    const changed = join(laboratory.directory, 'changed.raw')
    const { image } = laboratory
    await copyFile(image.disk.files.raw, changed, constants.COPYFILE_FICLONE)
    await changeUsr(changed, image.usr.files.image)
    await using machine = await boot(laboratory, { diskImage: changed, troubleSigns: signs })
    await machine.waitForLine(/verity: .* (data|metadata) block \d+ is corrupted/, {
      timeoutMs: STOP_TIMEOUT_MS,
    })
    await machine.waitForLine(/Emergency Mode/, { timeoutMs: STOP_TIMEOUT_MS })
    const console = machine.console.lines.map((line) => line.text).join('\n')
    assert.doesNotMatch(console, /Switching root|ignition: /)
  })
})

/** A server of this machine that hosts under test reach. */
async function receiveReports() {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.writeHead(204).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    bodies,
    address: `http://${HOST_SEEN_BY_GUEST}:${port}/reports`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Flips one bit in the super block of the first /usr on a disk. */
async function changeUsr(disk: string, usrImage: string): Promise<void> {
  const [file, image] = [await open(disk, 'r+'), await open(usrImage)]
  try {
    const block = Buffer.alloc(4096)
    await image.read(block, 0, block.length, 0)
    const MEBIBYTE = 1 << 20
    const candidate = Buffer.alloc(block.length)
    for (let offset = MEBIBYTE; offset < 1024 * MEBIBYTE; offset += MEBIBYTE) {
      await file.read(candidate, 0, candidate.length, offset)
      if (!candidate.equals(block)) continue
      candidate.writeUInt8(candidate.readUInt8(1100) ^ 1, 1100)
      await file.write(candidate, 0, candidate.length, offset)
      return
    }
    throw new Error('the disk does not hold the /usr image')
  } finally {
    await file.close()
    await image.close()
  }
}
