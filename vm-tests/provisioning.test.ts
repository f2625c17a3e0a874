import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { disksConfig } from './disks-config.ts'
import { onlyInAll, runsAll } from './extent.ts'
import {
  boot,
  helloAnswers,
  type Laboratory,
  onHost,
  openLaboratory,
  reboot,
  SOON_MS,
  until,
} from './host.ts'
import { metalHost } from './metal-host.ts'

describe('a host for metal that is provisioned with disks of its own, while the power goes', () => {
  let laboratory: Laboratory
  let machine: VirtualMachine
  const host = (script: string) => onHost(machine, script)

  before(async () => {
    laboratory = await openLaboratory({ name: 'metal' })
    if (runsAll) await cutAt(/making ext4 on \/dev\/md/)
    await cutAt(/writing file .*\/etc\/hostname/)
    machine = await boot(laboratory, metalHost(laboratory, 'provisioned', disksConfig))
    await helloAnswers(machine)
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
  })

  /** Boots until the console tells of a step, and takes the power away at that moment. */
  async function cutAt(step: RegExp): Promise<void> {
    const started = await boot(laboratory, metalHost(laboratory, 'provisioned', disksConfig))
    try {
      await started.waitForLine(step, { timeoutMs: 300_000 })
    } finally {
      await started.kill()
    }
  }

  const mounts = async () =>
    (await host('cat /proc/1/mounts'))
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, path = '']) => /^\/(var\/lib\/(mirror|secret)|srv)/.test(path))
      .map(([, path, type]) => `${path} ${type}`)
      .sort()

  const allMounted = ['/srv/plain vfat', '/var/lib/mirror ext4', '/var/lib/secret ext4']

  it('runs, with no failed unit', async () => {
    await until(machine, 120_000, async () => {
      const state = await host('systemctl is-system-running || true')
      const failed = await host('systemctl list-units --failed --no-legend --plain')
      assert.equal(state, 'running', failed)
    })
  })

  it('has the partitions, the array, the encrypted volume and the file systems', async () => {
    assert.deepEqual(await mounts(), allMounted)
    const tables = await host('sfdisk --json /dev/vdc; sfdisk --json /dev/vdd')
    const names = [...tables.matchAll(/"name": "([^"]+)"/g)].map(([, name]) => name)
    assert.deepEqual(names, ['mirror-a', 'secret', 'swap', 'mirror-b', 'plain'])
    assert.match(await host('cat /proc/mdstat'), /active (\(auto-read-only\) )?raid1 .*\n.*\[UU\]/)
    assert.match(await host('cat /sys/block/dm-*/dm/uuid'), /^CRYPT-LUKS2-/m)
    const volume = await host('cryptsetup luksDump /dev/disk/by-partlabel/secret')
    assert.match(volume, /systemd-tpm2/)
    assert.equal(volume.match(/^ {2}\d+: luks2$/gm)?.length, 1, volume)
    assert.match(await host('cat /proc/swaps'), /partition/)
  })

  it('has the files on them, with their owners and modes', async () => {
    const seen = await host(
      'stat -c "%n %a %u %g" /var/lib/mirror/app /var/lib/mirror/app/notes /var/lib/secret/key',
    )
    assert.deepEqual(seen.split('\n'), [
      '/var/lib/mirror/app 750 1500 1600',
      '/var/lib/mirror/app/notes 640 1500 0',
      '/var/lib/secret/key 600 0 0',
    ])
    assert.equal(await host('cat /var/lib/secret/key /srv/plain/read.me'), 'of the vaulton FAT')
    assert.match(await host('cat /etc/hosts'), /localhost[\s\S]*192\.0\.2\.1 elsewhere/)
    assert.equal(await host('cat /proc/sys/kernel/hostname'), 'provisioned')
  })

  it('has the accounts and units, an instance of a template that ran once among them', async () => {
    assert.match(await host('cat /etc/passwd'), /^app:x:1500:/m)
    assert.match(await host('cat /etc/group'), /^data:x:1600:app$/m)
    await until(machine, SOON_MS, async () =>
      assert.equal(await host('cat /etc/notes'), 'one\ntwo'),
    )
    const show = (property: string, unit: string) =>
      host(`systemctl show --property=${property} --value ${unit}`)
    assert.equal(await show('LoadState', 'systemd-timesyncd'), 'masked')
    assert.match(await show('Environment', 'slipway-supervisor'), /NOTE=here/)
  })

  it('kept a report that tells what was done', async () => {
    const report = JSON.parse(await host('cat /etc/.ignition-result.json')) as object
    assert.match(JSON.stringify(report), /\/var\/lib\/mirror\/app\/notes/)
  })

  it('has all of it after a reboot, and is not provisioned again', async () => {
    const identity = 'cat /etc/machine-id; cryptsetup luksUUID /dev/disk/by-partlabel/secret'
    const before = await host(identity)
    const { firstLine } = await reboot(machine)
    await helloAnswers(machine)
    assert.equal(await host(identity), before)
    assert.deepEqual(await mounts(), allMounted)
    const again = machine.console.lines.slice(firstLine).map(({ text }) => text)
    assert.deepEqual(
      again.filter((line) => /slipway-ignition|Provision this host/.test(line)),
      [],
    )
    await until(machine, SOON_MS, async () =>
      assert.equal(await host('cat /etc/notes'), 'one\ntwo\ntwo'),
    )
  })

  it('is provisioned anew, its other disks too, after a factory reset', onlyInAll, async () => {
    await host('touch /var/lib/mirror/kept /var/lib/kept')
    const volume = 'cryptsetup luksUUID /dev/disk/by-partlabel/secret'
    const before = await host(volume)
    const firstLine = machine.console.lines.length
    await host('systemd-run --quiet --on-active=1s slipctl reset --yes')
    await machine.waitForLine(/the host is provisioned/, {
      after: firstLine - 1,
      timeoutMs: 600_000,
    })
    await helloAnswers(machine)
    assert.notEqual(await host(volume), before)
    const kept = 'ls -d /var/lib/mirror/kept /var/lib/kept 2>/dev/null || true'
    assert.equal(await host(kept), '')
    assert.deepEqual(await mounts(), allMounted)
    machine.throwIfFailed()
  })
})
