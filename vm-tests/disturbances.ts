import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import type { DirectoryServer, Disturbance } from '../src/start/directory-server.ts'
import { onlyInAll } from './extent.ts'
import { urlFor } from './fleet.ts'
import { boot, helloAnswers, reboot, until } from './host.ts'
import {
  type Setting,
  UPDATE_MS,
  UpdatingHost,
  updateSettings,
  updateSigns,
  updatingConfig,
} from './updating-host.ts'

/**
 * Updates that meet with trouble, on a host that is taken back to how it was for most of the tests. Channel `stable`
 * has 1.1 with deltas from 1.0; `next` has 1.2 as well; so has `floors`, where 1.1 may not be skipped.
 */
export function disturbanceTests(setting: () => Promise<Setting>): void {
  describe('a host whose update is disturbed', { concurrency: 1 }, () => {
    let server: DirectoryServer
    let machine: VirtualMachine
    let host: UpdatingHost

    const changeSettings = (changes: object) =>
      host.run(
        `cat > /etc/slipway/update.yaml <<'END'\n${updateSettings({ server: urlFor(server), ...changes })}END`,
      )
    const disturb = (pattern: RegExp, disturbance: Disturbance) => {
      server.disturb = (path) => (pattern.test(path) ? disturbance : undefined)
    }
    const isAsBefore = async () => {
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi'])
      assert.equal((await host.status()).phase.kind, 'idle')
      await helloAnswers(machine, 10_000)
    }

    before(async () => {
      const { laboratory, fleet } = await setting()
      server = await fleet.serve()
      const config = updatingConfig(laboratory, { server: urlFor(server) })
      machine = await boot(laboratory, {
        ...{ disk: 'disturbed', config, troubleSigns: updateSigns },
        kernelArguments: withoutWatchdogs,
      })
      host = new UpdatingHost(machine)
      await host.settled('1.0')
      await machine.saveSnapshot('as-before')
    })

    beforeEach(() => {
      server.disturb = undefined
      server.requests.length = 0
    })

    after(async () => {
      await machine?.kill()
      await server?.stop()
    })

    it('takes no release while the root file system is nearly full, and says what is missing', async () => {
      await host.run(leave('/var/lib', 2048))
      const { ok, code, message, next } = await host.order('check')
      assert.deepEqual({ ok, code }, { ok: false, code: 'SLIPWAY_UPDATE_NO_SPACE' })
      assert.match(message, /\/var\/lib\/slipway/)
      assert.ok(next)
      await isAsBefore()
    })

    it('survives a root file system without any space', async () => {
      await host.run(
        `${leave('/var/lib', 0)}; dd if=/dev/zero of=/var/lib/rest bs=4k 2>/dev/null || true`,
      )
      const { ok } = await host.order('check')
      assert.equal(ok, false)
      await host.run('rm /var/lib/fill /var/lib/rest')
      await isAsBefore()
    })

    it('takes no release while the ESP is full, and leaves nothing in it', async () => {
      await machine.loadSnapshot('as-before')
      await host.run('dd if=/dev/zero of=/boot/fill bs=1M 2>/dev/null || true')
      const { ok, message } = await host.order('check')
      assert.equal(ok, false)
      assert.match(message, /SLIPWAY_UPDATE_ESP/)
      await isAsBefore()
    })

    it('does without a patch and chunks that are damaged', onlyInAll, async () => {
      await machine.loadSnapshot('as-before')
      disturb(/\.patch$|chunks\.pack$/, 'corrupted')
      assert.equal((await host.order('check')).ok, true)
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.1+3.efi'])
      assert.match(await host.journal(), /usr by patch[\s\S]*usr by chunks[\s\S]*usr by compressed/)
      await helloAnswers(machine, 10_000)
    })

    it('takes nothing whose every copy is damaged', onlyInAll, async () => {
      await machine.loadSnapshot('as-before')
      disturb(/slipway\.efi|chunks\./, 'corrupted')
      const { ok, code } = await host.order('check')
      assert.deepEqual({ ok, code }, { ok: false, code: 'SLIPWAY_UPDATE_TARGET_DAMAGED' })
      await isAsBefore()
    })

    it('fetches only what is missing when the server went away half-way and is back', async () => {
      await machine.loadSnapshot('as-before')
      // What was cut is asked for again, and then there is no server any more.
      let asked = 0
      server.disturb = (path) => {
        if (asked > 0 || /slipway\.efi/.test(path)) asked += 1
        return asked === 0 ? undefined : asked === 1 ? 'cut' : 'gone'
      }
      const { ok, code = '' } = await host.order('check')
      assert.equal(ok, false)
      assert.match(code, /^SLIPWAY_UPDATE_(TRANSFER_BROKEN|SERVER_UNREACHABLE)$/)
      await isAsBefore()
      server.disturb = undefined
      server.requests.length = 0
      assert.equal((await host.order('check')).ok, true)
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.1+3.efi'])
      // What is in the slot already is neither asked for nor written again.
      const files = server.requests.filter((path) => !/\.json$/.test(path))
      assert.deepEqual(
        files.filter((path) => !/slipway\.efi/.test(path)),
        [],
      )
      assert.ok(files.length > 0)
    })

    it('puts a newer release in the place of the one that waits', onlyInAll, async () => {
      await changeSettings({ channel: 'next' })
      assert.equal((await host.order('check')).ok, true)
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.2+3.efi'])
      assert.partialDeepStrictEqual((await host.status()).phase, {
        kind: 'staged',
        version: '1.2',
      })
    })

    it('goes on by itself when somebody reboots it in the middle', onlyInAll, async () => {
      await machine.loadSnapshot('as-before')
      await host.run('systemd-run --quiet --collect slipctl update check')
      await until(machine, UPDATE_MS, async () => {
        assert.equal((await host.status()).phase.kind, 'downloading')
      })
      await reboot(machine)
      await host.shows(({ running, state: { phase } }) => {
        assert.equal(running, '1.0')
        assert.partialDeepStrictEqual(phase, { kind: 'staged', version: '1.1' })
      })
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.1+3.efi'])
    })

    it('goes by way of the release that may not be skipped', onlyInAll, async () => {
      await changeSettings({ channel: 'floors', strategy: 'immediate' })
      await host.orderReboot('check')
      await host.settled('1.1')
      await host.remembers('1.1', 'updated')
      await host.orderReboot('check')
      await host.settled('1.2')
      await host.remembers('1.2', 'updated')
      const updates = (await host.status()).history.map(
        ({ version, result }) => `${version} ${result}`,
      )
      assert.deepEqual(updates.slice(-2), ['1.1 updated', '1.2 updated'])
    })
  })
}

/** The clock goes on while the machine goes back to a snapshot: watchdogs would take it for a hang. */
const withoutWatchdogs =
  'systemd.service_watchdogs=no systemd.watchdog_sec=0 nowatchdog rcupdate.rcu_cpu_stall_suppress=1'

/** A script that fills a file system but for so many KiB. */
function leave(directory: string, kib: number): string {
  return `free=$(df -k ${directory} | tail -n 1 | awk '{ print $4 }'); fallocate -l $(( (free - ${kib}) * 1024 )) ${directory}/fill`
}
