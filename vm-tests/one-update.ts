import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { MachineFacts } from '../src/host/facts.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import type { OrderAnswer } from '../src/update/agent/orders.ts'
import type { UpdateStatus } from '../src/update/status/status-of.ts'
import { onlyInAll } from './extent.ts'
import { boot, helloAnswers, keptDisk, SOON_MS, until } from './host.ts'
import type { Recording } from './power-cuts.ts'
import {
  releasedProject,
  type Setting,
  UPDATE_MS,
  UpdatingHost,
  updateSigns,
  updatingConfig,
} from './updating-host.ts'

/** One update, and the way back. Gives what the disk received of it, once the machine has ended. */
export function updateTests(setting: () => Promise<Setting>): Promise<Recording> {
  const recorded = Promise.withResolvers<Recording>()
  describe('a host that updates itself', { concurrency: 1 }, () => {
    let machine: VirtualMachine
    let host: UpdatingHost
    let recording: Recording

    before(async () => {
      const { laboratory, fleet } = await setting()
      const config = updatingConfig(
        laboratory,
        { server: fleet.url },
        { compose: { released: releasedProject } },
      )
      const writeLog = join(laboratory.directory, 'writes')
      const options = { config, troubleSigns: updateSigns }
      // The first boot fills gigabytes with zeros, which the log would have in full.
      const first = await boot(laboratory, { ...options, disk: 'first-boot' })
      await new UpdatingHost(first).settled('1.0')
      await first.powerOff({ timeoutMs: 120_000 })
      const diskImage = await keptDisk(laboratory, 'first-boot')
      machine = await boot(laboratory, { ...options, disk: 'updated', diskImage, writeLog })
      host = new UpdatingHost(machine)
      const bytes = { before: 0, after: 0 }
      recording = { laboratory, config, diskImage, writeLog, bytes, older: '1.0', newer: '1.1' }
      await host.settled('1.0')
    })

    after(async () => {
      await machine?.unplug()
      recorded.resolve(recording)
    })

    /** What the container shows whose image belongs to the release, and what was pulled in this boot. */
    const page = () => host.run('slipctl logs --tail 1 released-page-1')
    const pulls = async () =>
      (await host.run('journalctl --no-pager -o cat -b -u slipway-supervisor'))
        .split('\n')
        .filter((line) => line.startsWith('pulling'))

    it('puts a new release beside the one that runs, and changes nothing else', async () => {
      recording.bytes.before = (await stat(recording.writeLog)).size
      const labels = async () => {
        const table = JSON.parse(await host.run('sfdisk --json /dev/vda')) as {
          partitiontable: { partitions: { name: string }[] }
        }
        return table.partitiontable.partitions.map(({ name }) => name)
      }
      const before = await labels()
      assert.deepEqual(before.slice(4, 6), ['_empty', '_empty'])
      assert.equal((await host.order('check')).ok, true)
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.1+3.efi'])
      const changed = before.with(4, 'slipway_1.1').with(5, 'slipway_1.1')
      assert.deepEqual(await labels(), changed)
      const { running, phase } = await host.status()
      assert.deepEqual([running, phase.kind], ['1.0', 'staged'])
      const journal = await host.journal()
      assert.match(journal, /1\.1: usr by patch, \d\.\d MB/)
      assert.match(journal, /1\.1: verity by computed/)
      await helloAnswers(machine, 10_000)
    })

    it('tells the same by its API, and takes orders there', async () => {
      const { running, phase } = (await host.ask('GET', '/slipway/update')) as UpdateStatus
      assert.deepEqual([running, phase.kind], ['1.0', 'staged'])
      const { slot } = (await host.ask('GET', '/slipway/host')) as MachineFacts
      assert.match(`${slot?.device} ${slot?.freeDevice}`, /^(\/dev\/vda\d) (?!\1)\/dev\/vda\d$/)
      const order = { kind: 'hold', reason: 'a fair' }
      const { ok } = (await host.ask('POST', '/slipway/update', order)) as OrderAnswer
      assert.equal(ok, true)
      assert.equal((await host.status()).hold?.reason, 'a fair')
      assert.equal((await host.order('hold --end')).ok, true)
    })

    it('has pulled its container images before, and runs those of the old one', async () => {
      assert.match((await pulls()).at(-1) ?? '', /new@sha256:\w+ for release 1\.1$/)
      assert.equal(await page(), 'page of 1.0')
    })

    it('boots it when it is told to, finds it good, and runs its containers again', async () => {
      await host.orderReboot('apply')
      await host.settled('1.1')
      assert.match(await host.run('cat /proc/cmdline'), /\bslipway\.release=next\b/)
      assert.equal(await host.run('ls /usr/bin/sleep'), '/usr/bin/sleep')
      await host.remembers('1.1', 'updated')
      assert.match(await host.run('slipctl update status'), /was updated from 1\.0 to 1\.1/)
      await host.run('sync')
      recording.bytes.after = (await stat(recording.writeLog)).size
    })

    it('has changed the container whose image belongs to the release, without a pull', async () => {
      await until(machine, SOON_MS, async () => assert.equal(await page(), 'page of 1.1'))
      assert.deepEqual(await pulls(), [])
    })

    it('goes back to the release before when somebody asks for it', async () => {
      await host.orderReboot('rollback')
      await host.settled('1.0')
      const { badReleases } = await host.status()
      const bad = badReleases.map(({ version }) => version)
      assert.deepEqual(bad, ['1.1'])
      await until(machine, SOON_MS, async () => assert.equal(await page(), 'page of 1.0'))
      assert.deepEqual(await pulls(), [])
    })

    it('is as new after a factory reset, but for its releases', onlyInAll, async () => {
      await host.run('touch /var/lib/kept')
      await host.soon('slipctl reset --yes')
      await until(machine, UPDATE_MS, async () =>
        assert.equal(await host.run('ls /var/lib/kept 2>/dev/null || true'), ''),
      )
      await host.settled('1.0')
      const { phase, history, badReleases } = await host.status()
      assert.deepEqual([phase.kind, history, badReleases], ['idle', [], []])
      assert.match(await host.run('cat /etc/slipway/update.yaml'), /strategy: manual/)
      assert.equal((await host.order('check')).ok, true)
      machine.throwIfFailed()
    })
  })
  return recorded.promise
}
