import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { startTestGuest, testDirectory, writeTestGuest } from './test-guest.ts'
import { processesNaming, untilNone } from './test-processes.ts'

/** A parent that starts a machine, names its console log when the guest runs, and then only waits. */
const parentProgram = `
  const [module, support, directory, sandboxed] = process.argv.slice(1)
  const { startVirtualMachine } = await import(module)
  const { sandboxPrograms, testPrograms } = await import(support)
  const machine = await startVirtualMachine({
    boot: { from: 'bios' }, acceleration: 'tcg', memoryMiB: 64, cpus: 1,
    programs: sandboxed === 'true' ? sandboxPrograms('/') : testPrograms(),
    disks: [{ image: directory + '/guest.raw' }],
    directory: directory + '/machines',
  })
  await machine.waitForLine(/^ready$/)
  console.log('ready')
  setInterval(() => {}, 1000)
`

for (const sandboxed of [false, true])
  test(`a machine ${sandboxed ? 'in a sandbox ' : ''}ends when its parent is killed, and a later one tidies up`, async (t) => {
    const directory = await testDirectory(t)
    await writeTestGuest(join(directory, 'guest.raw'))
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      parentProgram,
      import.meta.resolve('./index.ts'),
      import.meta.resolve('./test-guest.ts'),
      directory,
      String(sandboxed),
    ])
    t.after(() => parent.kill('SIGKILL'))
    parent.stderr.pipe(process.stderr)
    const signal = AbortSignal.timeout(60_000)
    const [line] = await once(createInterface(parent.stdout), 'line', { signal })
    assert.equal(line, 'ready')
    assert.equal((await processesNaming(`${directory}/machines/`)).length > 0, true)

    const ended = once(parent, 'exit')
    parent.kill('SIGKILL')
    await ended
    await untilNone(() => processesNaming(`${directory}/machines/`))

    const machines = join(directory, 'machines')
    assert.equal((await readdir(machines)).length, 1)
    const next = await startTestGuest(t, directory)
    assert.equal((await readdir(machines)).length, 1)
    await next.kill()
    assert.deepEqual(await readdir(machines), [])
  })
