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
  testConfig,
} from './host.ts'

describe('a host whose config asks for kernel arguments', () => {
  let laboratory: Laboratory
  let machine: VirtualMachine
  const host = (script: string) => onHost(machine, script)

  before(async () => {
    laboratory = await openLaboratory()
    machine = await boot(laboratory, {
      config: config(),
      disk: 'kargs',
      // An emulated machine on a busy one takes its time to find what its drivers are for.
      kernelArguments: 'systemd.default_device_timeout_sec=300',
    })
    await provisioned(0)
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
  })

  function config(): string {
    const kernelArguments = {
      shouldExist: ['slipway.test=one', 'slipway.more'],
      shouldNotExist: ['slipway.absent'],
    }
    return JSON.stringify({ ...JSON.parse(testConfig(laboratory)), kernelArguments })
  }

  /** Waits through the boot that writes the add-on and the one that provisions, each with time of its own. */
  async function provisioned(firstLine: number): Promise<void> {
    const wait = { after: firstLine - 1, timeoutMs: 600_000 }
    const rebooting = /rebooting once, for kernel arguments: slipway\.test=one slipway\.more/
    await machine.waitForLine(rebooting, wait)
    await machine.waitForLine(/the host is provisioned/, wait)
    await helloAnswers(machine, wait.timeoutMs)
  }

  /** How often a kernel was started since a line of the console. */
  const starts = (after = 0) =>
    machine.console.lines.slice(after).filter(({ text }) => text.includes('Linux version')).length

  it('boots with them, after one reboot, and is provisioned then', async () => {
    assert.equal(starts(), 2)
    assert.match(await host('cat /proc/cmdline'), / slipway\.test=one slipway\.more( |$)/)
    assert.equal(await host('test -e /var/lib/slipway/provisioned && echo yes'), 'yes')
    const told = machine.console.lines.filter(({ text }) => /rebooting once/.test(text))
    assert.equal(told.length, 1)
    machine.throwIfFailed()
  })

  it('has a boot entry that is found good all the same', async () => {
    await host('systemctl start boot-complete.target')
    const entries = 'ls /boot/EFI/Linux /boot/loader/addons'
    const listed = await host(
      `for i in $(seq 60); do case $(ls /boot/EFI/Linux) in *+*) sleep 1;; *) break;; esac; done; ${entries}`,
    )
    assert.match(listed, /slipway_[^+]*\.efi\n[\s\S]*slipway-kargs\.addon\.efi$/)
  })

  it('keeps them at later boots, without another reboot', onlyInAll, async () => {
    const { firstLine } = await reboot(machine)
    await helloAnswers(machine)
    assert.match(await host('cat /proc/cmdline'), / slipway\.test=one slipway\.more( |$)/)
    assert.equal(starts(firstLine), 1)
    machine.throwIfFailed()
  })

  it('loses them with a factory reset, and asks for them anew', onlyInAll, async () => {
    const firstLine = machine.console.lines.length
    await host('systemd-run --quiet --on-active=1s slipctl reset --yes')
    await provisioned(firstLine)
    assert.match(await host('cat /proc/cmdline'), / slipway\.test=one slipway\.more( |$)/)
    assert.equal(starts(firstLine), 2)
    machine.throwIfFailed()
  })
})
