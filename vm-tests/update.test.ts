import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import type { ImageDefinition } from '../src/image/definition.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { troubleSigns } from '../src/start/trouble-signs.ts'
import { Fleet } from './fleet.ts'
import {
  boot,
  helloAnswers,
  type Laboratory,
  onHost,
  openLaboratory,
  testConfig,
  until,
} from './host.ts'

const BOOT_TIMEOUT_MS = 300_000

/** What a host shows that goes down in the middle of its work is no trouble; a broken kernel or disk is. */
const signs = troubleSigns.filter(({ name }) =>
  /kernel oops|kernel warning|verity|file system|core dump|ordering/.test(name),
)

/** What these tests read of `slipctl update status --json`. */
type Status = {
  readonly running: string
  readonly badReleases: readonly { readonly version: string }[]
  readonly history: readonly { readonly version: string; readonly result: string }[]
}

describe('a host that updates itself', () => {
  let fleet: Fleet
  let laboratory: Laboratory
  let machine: VirtualMachine
  const host = (script: string) => onHost(machine, script)
  const update = (verb: string) => host(`slipctl update ${verb}`)
  /** A moment later, or the reboot takes the probe down before it has answered. */
  const updateByReboot = (verb: string) =>
    host(`systemd-run --quiet --on-active=1s slipctl update ${verb}`)
  const version = async () =>
    /^IMAGE_VERSION="(.*)"$/m.exec(await host('cat /usr/lib/os-release'))?.[1]
  const status = async () => JSON.parse(await update('status --json')) as Status
  const entries = async () => (await host('ls /boot/EFI/Linux')).split('\n').sort()

  const start = async () => {
    const settings = {
      server: fleet.url,
      strategy: 'manual',
      interval: '1d',
      health: { timeout: '90s' },
    }
    const config = testConfig(laboratory, {
      files: { '/etc/slipway/update.yaml': { content: stringify(settings) } },
    })
    return boot(laboratory, { disk: 'updated', config, troubleSigns: signs })
  }

  /** Waits until the host runs a version and has found it good. */
  const settled = async (expected: string, timeoutMs = BOOT_TIMEOUT_MS) => {
    await until(machine, timeoutMs, async () => {
      assert.equal(await version(), expected)
      assert.ok((await entries()).includes(`slipway_${expected}.efi`), (await entries()).join(' '))
    })
    await helloAnswers(machine)
  }

  before(async () => {
    fleet = await Fleet.open()
    laboratory = await openLaboratory(fleet.trusting({ version: '1.0' }))
    machine = await start()
    await settled('1.0')
    await fleet.release({ version: '1.0' }, { patched: false })
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
    await fleet?.close()
  })

  it('puts a new release beside the one that runs, and changes nothing else', async () => {
    await fleet.release({ version: '1.1', change: withOneMoreProgram }, { patched: true })
    const table = await host('sfdisk --json /dev/vda')
    await update('check')
    assert.deepEqual(await entries(), ['slipway_1.0.efi', 'slipway_1.1+3.efi'])
    const changed = await host('sfdisk --json /dev/vda')
    const names = (text: string) =>
      (
        JSON.parse(text) as { partitiontable: { partitions: { name: string }[] } }
      ).partitiontable.partitions.map(({ name }) => name)
    assert.deepEqual(names(table).slice(4, 6), ['_empty', '_empty'])
    assert.deepEqual(names(changed).slice(4, 6), ['slipway_1.1', 'slipway_1.1'])
    assert.equal(await version(), '1.0')
    assert.match(await update('status'), /1\.1/)
    const journal = await host('journalctl --no-pager -o cat -u slipway-update')
    assert.match(journal, /1\.1: usr by patch, \d\.\d MB/)
    assert.match(journal, /1\.1: verity by computed/)
    await helloAnswers(machine, 10_000)
  })

  it('boots it when it is told to, finds it good, and runs its containers again', async () => {
    await updateByReboot('apply')
    await settled('1.1')
    assert.match(await host('cat /proc/cmdline'), /\bslipway\.release=next\b/)
    assert.equal(await host('ls /usr/bin/sleep'), '/usr/bin/sleep')
    await until(machine, 180_000, async () => {
      const { running, history } = await status()
      assert.equal(running, '1.1')
      assert.deepEqual(history.at(-1)?.result, 'updated')
    })
    assert.match(await update('status'), /the host was updated from 1\.0 to 1\.1/)
  })

  it('goes back to the release before when somebody asks for it', async () => {
    await updateByReboot('rollback')
    await settled('1.0')
    const { running, badReleases } = await status()
    assert.equal(running, '1.0')
    assert.deepEqual(
      badReleases.map(({ version }) => version),
      ['1.1'],
    )
  })
})

function withArgument(definition: ImageDefinition, argument: string): ImageDefinition {
  const { kernel } = definition
  return { ...definition, kernel: { ...kernel, commandLine: [...kernel.commandLine, argument] } }
}

/** Other content of /usr, and another command line. */
function withOneMoreProgram(definition: ImageDefinition): ImageDefinition {
  const { strip } = definition
  const executables = { ...strip.executables, sleep: 'tells this release from the one before' }
  return withArgument({ ...definition, strip: { ...strip, executables } }, 'slipway.release=next')
}
