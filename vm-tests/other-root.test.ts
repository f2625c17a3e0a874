import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ImageDefinition } from '../src/image/definition.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { onlyInAll } from './extent.ts'
import { Fleet } from './fleet.ts'
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
import { UpdatingHost, updatingConfig, withArguments } from './updating-host.ts'

describe('a host whose root is encrypted on a mirror of two other disks', onlyInAll, () => {
  let fleet: Fleet
  let laboratory: Laboratory
  let machine: VirtualMachine
  const host = (script: string) => onHost(machine, script)

  before(async () => {
    fleet = await Fleet.open()
    const older = { name: 'metal', version: '1.0' }
    laboratory = await openLaboratory(fleet.trusting(older))
    await fleet.release(older)
    const change = (same: ImageDefinition) => withArguments(same, 'slipway.release=next')
    await fleet.release({ ...older, version: '1.1', change })
    const common = updatingConfig(laboratory, { server: fleet.url })
    machine = await boot(laboratory, metalHost(laboratory, 'mirrored', otherRootConfig, common))
    await helloAnswers(machine)
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
    await fleet?.close()
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

  /** What the console shows of provisioning, and of an array or a file system that was not closed in order. */
  const provisioningSince = (firstLine: number) =>
    machine.console.lines
      .slice(firstLine)
      .map(({ text }) => text)
      .filter((line) => /slipway-ignition|Provision this host|recovery/.test(line))

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
    assert.deepEqual(provisioningSince(firstLine), [])
  })

  it('takes a new release, boots it from the same root, and finds it good', async () => {
    const updating = new UpdatingHost(machine)
    const { length: firstLine } = machine.console.lines
    assert.equal((await updating.order('check')).ok, true)
    await updating.orderReboot('apply')
    await updating.settled('1.1')
    await updating.remembers('1.1', 'updated')
    assert.match(await host('cat /proc/cmdline'), /\bslipway\.release=next\b/)
    await isWhole(3)
    assert.deepEqual(provisioningSince(firstLine), [])
  })

  it('is provisioned anew on the same disks by a factory reset, and keeps the release', async () => {
    const identity = () => host('cat /etc/machine-id; cryptsetup luksUUID /dev/md/root')
    const before = await identity()
    await host('touch /srv/kept')
    const { length: firstLine } = machine.console.lines
    await new UpdatingHost(machine).soon('slipctl reset --yes')
    await machine.waitForLine(/the host is provisioned/, {
      after: firstLine - 1,
      timeoutMs: 600_000,
    })
    await helloAnswers(machine)
    await isWhole(1)
    const [machineId, volume] = (await identity()).split('\n')
    assert.ok(!before.includes(`${machineId}`) && !before.includes(`${volume}`), before)
    assert.equal(await host('ls /srv'), 'notes')
    await new UpdatingHost(machine).settled('1.1')
    machine.throwIfFailed()
  })
})
