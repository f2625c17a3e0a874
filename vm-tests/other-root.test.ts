import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { onlyInAll } from './extent.ts'
import {
  boot,
  helloAnswers,
  type Laboratory,
  onHost,
  openLaboratory,
  reboot,
  until,
} from './host.ts'
import { metalHost } from './metal-host.ts'
import { otherRootConfig } from './other-root-config.ts'

describe('a host whose root is encrypted on a mirror of two other disks', onlyInAll, () => {
  let laboratory: Laboratory
  let machine: VirtualMachine
  const host = (script: string) => onHost(machine, script)

  before(async () => {
    laboratory = await openLaboratory({ name: 'metal' })
    machine = await boot(laboratory, metalHost(laboratory, 'mirrored', otherRootConfig))
    await helloAnswers(machine)
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
  })

  const root = async () =>
    (await host('cat /proc/1/mounts'))
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, path = '']) => ['/', '/usr', '/etc', '/sysroot'].includes(path))
      .map(([device, path, type, options = '']) =>
        [path, path === '/' ? device : '', type, /(?:^|,)noatime/.test(options) ? 'noatime' : '']
          .filter(Boolean)
          .join(' '),
      )
      .sort()

  const asMade = ['/ /dev/mapper/root ext4 noatime', '/etc overlay', '/usr erofs']

  /** Everything that is so at every boot. */
  async function isWhole(boots: number): Promise<void> {
    await until(machine, 120_000, async () => {
      const state = await host('systemctl is-system-running || true')
      const failed = await host('systemctl list-units --failed --no-legend --plain')
      assert.equal(state, 'running', failed)
    })
    assert.deepEqual(await root(), asMade)
    assert.equal(
      await host('stat -c "%a %u %g" /srv/notes; cat /srv/notes'),
      '640 1500 0\non the mirror',
    )
    assert.equal(await host('cat /proc/sys/kernel/hostname'), 'mirrored')
    assert.match(await host('cat /etc/passwd'), /^app:x:1500:/m)
    assert.equal(await host('cat /var/lib/boots'), Array(boots).fill('once').join('\n'))
    assert.match(await host('ls /boot/EFI/Linux'), /slipway_/)
  }

  it('has its files, accounts and units there, and a container that runs', async () => {
    await isWhole(1)
    assert.match(await host('cat /proc/mdstat'), /raid1/)
    const volume = await host('cryptsetup luksDump /dev/md/root')
    assert.equal(volume.match(/^ {2}\d+: luks2$/gm)?.length, 1, volume)
    assert.equal(await host('cat /etc/crypttab 2>/dev/null || true'), '')
  })

  it('has all of it after a reboot, and is not provisioned again', async () => {
    const before = await host('cat /etc/machine-id')
    const { firstLine } = await reboot(machine)
    await helloAnswers(machine)
    await isWhole(2)
    assert.equal(await host('cat /etc/machine-id'), before)
    const again = machine.console.lines.slice(firstLine).map(({ text }) => text)
    assert.deepEqual(
      again.filter((line) => /slipway-ignition|Provision this host|recovery/.test(line)),
      [],
    )
  })
})
