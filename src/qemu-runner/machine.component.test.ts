import assert from 'node:assert/strict'
import { access, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { openWriteLog, startVirtualMachine } from './index.ts'
import { startTestGuest, testDirectory, testPrograms } from './test-guest.ts'
import { processesNaming, untilNone } from './test-processes.ts'

test('the console arrives as lines with the time since the start, and whole in the log file', async (t) => {
  const directory = await testDirectory(t)
  const serialLog = join(directory, 'serial.log')
  const machine = await startTestGuest(t, directory, { serialLog })
  const ready = await machine.waitForLine(/^ready$/)
  const boot = await machine.waitForLine(/^boot 1$/)
  assert.ok(boot.index < ready.index)
  assert.ok(boot.atMs > 0 && boot.atMs <= ready.atMs)
  await machine.unplug()
  assert.match(await readFile(serialLog, 'utf8'), /^boot 1$[\s\S]*^ready$/m)
})

test('what is typed on the console reaches the guest, and a prompt without an end is found', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  await machine.waitForLine(/^ready$/)
  machine.typeOnConsole('login: ')
  assert.equal((await machine.waitForLine(/^login: $/)).text, 'login: ')
})

test('fw_cfg text reaches the guest without standing on the command line', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t), {
    fwCfg: { 'opt/com.coreos/config': { text: '{"a": "secret, with a comma"}' } },
  })
  await machine.waitForLine(/^fw_cfg \{"a": "secret, with a comma"\}$/)
  assert.doesNotMatch(await readFile(`/proc/${machine.pid}/cmdline`, 'utf8'), /secret/)
})

test('a kept overlay shows the next machine what the last one wrote, and the image stays as it was', async (t) => {
  const directory = await testDirectory(t)
  const image = join(directory, 'guest.raw')
  const disks = [{ image, overlay: join(directory, 'kept.qcow2'), sizeBytes: 4 << 20 }]
  const first = await startTestGuest(t, directory, { disks })
  await first.waitForLine(/^boot 1$/)
  const before = await readFile(image)
  await first.unplug()
  const second = await startTestGuest(t, directory, { disks })
  await second.waitForLine(/^boot 2$/)
  await second.unplug()
  assert.deepEqual(await readFile(image), before)
})

test('a disk’s log has what the guest wrote, so that the disk can be made anew up to any moment', async (t) => {
  const directory = await testDirectory(t)
  const [image, writeLog] = [join(directory, 'guest.raw'), join(directory, 'writes')]
  const machine = await startTestGuest(t, directory, { disks: [{ image, writeLog }] })
  await machine.waitForLine(/^boot 1$/)
  await machine.unplug()
  const log = await openWriteLog(writeLog)
  t.after(() => log.close())
  const writes = log.requests.filter((request) => request.kind === 'write')
  assert.ok(writes.length > 0)
  const again = await open(image, 'r+')
  for (const write of writes) {
    const bytes = await log.read(write)
    assert.equal(bytes.length, write.lengthBytes)
    await again.write(bytes, 0, bytes.length, write.offsetBytes)
  }
  await again.close()
  const made = await startVirtualMachine({
    ...{ boot: { from: 'bios' }, programs: testPrograms(), acceleration: 'tcg' },
    ...{ memoryMiB: 64, cpus: 1, disks: [{ image }], directory: join(directory, 'machines') },
  })
  t.after(() => made.kill())
  await made.waitForLine(/^boot 2$/)
})

test('a file that is no log of writes is refused', async (t) => {
  const file = join(await testDirectory(t), 'writes')
  await writeFile(file, 'not a log')
  await assert.rejects(openWriteLog(file), /is no log of writes/)
})

test('without an overlay to keep, the next machine begins anew', async (t) => {
  const directory = await testDirectory(t)
  for (const _ of ['first', 'second']) {
    const machine = await startTestGuest(t, directory)
    await machine.waitForLine(/^boot 1$/)
    await machine.unplug()
  }
})

test('the power button lets the guest power off by itself', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  await machine.waitForLine(/^ready$/)
  const { forced, exit } = await machine.powerOff({ timeoutMs: 60_000 })
  assert.equal(forced, false)
  assert.equal(exit.reason, 'guest-shutdown')
  assert.equal(exit.status, 0)
  assert.match(machine.console.tail(), /power button/)
})

test('Ctrl-C in the terminal does not reach the machine', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  const stat = await readFile(`/proc/${machine.pid}/stat`, 'utf8')
  const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  assert.deepEqual([group, session], [String(machine.pid), String(machine.pid)])
})

test('a guest that ignores the power button is unplugged', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  await machine.waitForLine(/^ready$/)
  machine.typeOnConsole('S')
  await machine.waitForLine(/^stuck$/)
  const { forced, exit } = await machine.powerOff({ timeoutMs: 300 })
  assert.equal(forced, true)
  assert.equal(exit.reason, 'host-qmp-quit')
})

test('a reboot of the guest is told from its first boot by the line number', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  const { index } = await machine.waitForLine(/^ready$/)
  const reset = machine.waitForEvent('RESET')
  machine.typeOnConsole('R')
  assert.equal((await reset).data.guest, true)
  await machine.waitForLine(/^ready$/, { after: index })
  assert.deepEqual(
    machine.console.lines.map(({ text }) => text).filter((text) => text.startsWith('boot')),
    ['boot 1', 'boot 2'],
  )
})

test('with exitOnReboot a reboot ends the machine', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t), { exitOnReboot: true })
  await machine.waitForLine(/^ready$/)
  machine.typeOnConsole('R')
  assert.equal((await machine.waitForExit()).reason, 'guest-reset')
})

test('a snapshot takes memory and disk back', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  const { index } = await machine.waitForLine(/^ready$/)
  await machine.saveSnapshot('first')
  machine.typeOnConsole('R')
  const boot = await machine.waitForLine(/^boot 2$/, { after: index })
  // A guest taken back in mid-line leaves the half of it before what it prints next.
  const second = await machine.waitForLine(/^ready$/, { after: boot.index })
  await machine.loadSnapshot('first')
  machine.typeOnConsole('R')
  assert.equal((await machine.waitForLine(/^boot \d$/, { after: second.index })).text, 'boot 2')
})

test('a snapshot that is not there is refused with QEMU’s reason', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  await assert.rejects(machine.loadSnapshot('never'), (error) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_QEMU_COMMAND_FAILED'))
    return /never/.test(error.message)
  })
})

test('pause and resume show in the status', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  assert.equal(await machine.status(), 'running')
  await machine.pause()
  assert.equal(await machine.status(), 'paused')
  await machine.resume()
  assert.equal(await machine.status(), 'running')
})

test('a sign of trouble ends every wait at once, with its line and the log', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t), {
    troubleSigns: [{ name: 'panic', pattern: /kernel panic/gi }],
  })
  await machine.waitForLine(/^ready$/)
  const waits = [
    machine.waitForLine(/^never$/),
    machine.waitForExit(),
    machine.waitForEvent('RESET'),
  ]
  machine.typeOnConsole('Kernel panic - not syncing\n')
  for (const outcome of await Promise.allSettled(waits)) {
    assert.equal(outcome.status, 'rejected')
    assert.ok(isSlipwayError(outcome.reason, 'SLIPWAY_QEMU_TROUBLE'))
    assert.equal(outcome.reason.details.sign, 'panic')
    assert.equal(outcome.reason.details.line, 'Kernel panic - not syncing')
    assert.match(String(outcome.reason.details.log), /boot 1[\s\S]*ready[\s\S]*panic/)
  }
  assert.throws(() => machine.throwIfFailed(), /panic/)
  assert.equal((await machine.powerOff({ timeoutMs: 60_000 })).forced, false)
})

test('a wait that takes too long says for what it waited and shows the log', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  await machine.waitForLine(/^ready$/)
  await assert.rejects(machine.waitForLine(/^never$/, { timeoutMs: 50 }), (error) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_QEMU_WAIT_TIMEOUT'))
    return /\^never\$.*50 ms[\s\S]*ready/.test(error.message)
  })
})

test('a wait ends when the machine does', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t))
  const wait = machine.waitForLine(/^never$/)
  await Promise.all([
    machine.kill(),
    assert.rejects(wait, (error) => isSlipwayError(error, 'SLIPWAY_QEMU_EXITED')),
  ])
})

test('the time limit ends the machine', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t), { timeLimitMs: 300 })
  await assert.rejects(machine.waitForLine(/^never$/), (error) =>
    isSlipwayError(error, 'SLIPWAY_QEMU_TIME_LIMIT'),
  )
  assert.equal((await machine.exited).signal, 'SIGKILL')
})

test('an abort signal ends the machine with the signal’s reason', async (t) => {
  const controller = new AbortController()
  const machine = await startTestGuest(t, await testDirectory(t), { signal: controller.signal })
  const wait = machine.waitForLine(/^never$/)
  const reason = new Error('no longer wanted')
  controller.abort(reason)
  await assert.rejects(wait, reason)
  await machine.exited
})

test('host ports are picked, reported, and really listened on', async (t) => {
  const machine = await startTestGuest(t, await testDirectory(t), {
    network: 'isolated',
    forwards: [{ guestPort: 80 }, { guestPort: 443 }, { protocol: 'udp', guestPort: 53 }],
  })
  const picked = [machine.hostPort(80), machine.hostPort(443), machine.hostPort(53, 'udp')]
  assert.ok(picked.every((port) => port !== undefined && port > 0))
  assert.equal(new Set(picked.slice(0, 2)).size, 2)
  const server = createServer()
  const refused = new Promise((resolve) => server.once('error', resolve))
  server.listen(picked[0], '127.0.0.1')
  assert.equal(((await refused) as NodeJS.ErrnoException).code, 'EADDRINUSE')
})

test('a host port in use is named', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const start = startTestGuest(t, await testDirectory(t), {
    forwards: [{ hostPort: port, guestPort: 80 }],
  })
  await assert.rejects(start, (error) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_QEMU_PORT_TAKEN'))
    return error.message.includes(`tcp:127.0.0.1:${port}-:80`)
  })
})

test('arguments that QEMU refuses are reported in its own words, and nothing stays behind', async (t) => {
  const directory = await testDirectory(t)
  const start = startTestGuest(t, directory, { extraArguments: ['-device', 'no-such-device'] })
  await assert.rejects(start, (error) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_QEMU_START_FAILED'))
    return /no-such-device/.test(error.message)
  })
  assert.deepEqual(await readdir(join(directory, 'machines')), [])
})

test('an image that is missing is named', async (t) => {
  const directory = await testDirectory(t)
  const image = join(directory, 'missing.raw')
  await assert.rejects(startTestGuest(t, directory, { disks: [{ image }] }), (error) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_QEMU_DISK_FAILED'))
    return error.message.includes(image)
  })
})

test('an overlay is never smaller than its image, and a refused one is not left half made', async (t) => {
  const directory = await testDirectory(t)
  const image = join(directory, 'guest.raw')
  const overlay = join(directory, 'kept.qcow2')
  const start = startTestGuest(t, directory, { disks: [{ image, overlay, sizeBytes: 512 }] })
  await assert.rejects(start, (error) => isSlipwayError(error, 'SLIPWAY_QEMU_DISK_FAILED'))
  assert.deepEqual(await readdir(directory), ['guest.raw', 'machines'])
})

test('the private folder is gone when the machine is', async (t) => {
  const directory = await testDirectory(t)
  const machine = await startTestGuest(t, directory)
  assert.equal((await readdir(join(directory, 'machines'))).length, 1)
  await machine.kill()
  assert.deepEqual(await readdir(join(directory, 'machines')), [])
})

test('watchdog, SMBIOS strings, serials and several disks are accepted by QEMU', async (t) => {
  const directory = await testDirectory(t)
  const credential = join(directory, 'credential')
  await writeFile(credential, 'io.systemd.credential:other=2')
  const machine = await startTestGuest(t, directory, {
    watchdog: 'poweroff',
    smbios: {
      manufacturer: 'Slipway, Tests',
      serial: '7',
      oemStrings: [{ text: 'io.systemd.credential:one=1' }, { file: credential }],
    },
    disks: [
      { image: join(directory, 'guest.raw'), serial: 'system' },
      { sizeBytes: 1 << 30, serial: 'data' },
    ],
  })
  await machine.waitForLine(/^ready$/)
  const blocks = JSON.stringify(await machine.qmp.execute('query-block'))
  assert.match(blocks, /disk1/)
})

test('UEFI firmware boots, keeps its variables, and allows snapshots', async (t) => {
  const directory = await testDirectory(t)
  const variables = join(directory, 'variables.qcow2')
  const machine = await startVirtualMachine({
    boot: { from: 'firmware', variables },
    programs: testPrograms(),
    acceleration: 'tcg',
    memoryMiB: 256,
    cpus: 1,
    network: 'none',
    disks: [{ sizeBytes: 1 << 20 }],
    directory: join(directory, 'machines'),
  })
  t.after(() => machine.kill())
  await machine.waitForLine(/BdsDxe|UEFI/)
  await machine.saveSnapshot('firmware')
  await machine.unplug()
  await access(variables)
})

test('a machine has a TPM when asked for one, which keeps its state and ends with the machine', async (t) => {
  const directory = await testDirectory(t)
  const state = join(directory, 'tpm')
  const machine = await startTestGuest(t, directory, { tpm: { state } })
  const tpms = (await machine.qmp.execute('query-tpm')) as { model: string }[]
  assert.deepEqual(
    tpms.map(({ model }) => model),
    ['tpm-crb'],
  )
  await machine.waitForLine(/^ready$/)
  assert.equal((await processesNaming('swtpm', state)).length > 0, true)
  await machine.unplug()
  await untilNone(() => processesNaming('swtpm', state))
  assert.ok((await readdir(state)).includes('tpm2-00.permall'))
})

test('a TPM whose state cannot be read is told, and no machine starts', async (t) => {
  const directory = await testDirectory(t)
  const state = join(directory, 'tpm')
  await mkdir(state)
  await writeFile(join(state, 'tpm2-00.permall'), 'no state')
  await assert.rejects(startTestGuest(t, directory, { tpm: { state } }))
  assert.deepEqual(await processesNaming('swtpm', state), [])
})
