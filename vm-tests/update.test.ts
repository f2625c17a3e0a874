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
/** Three tries of a release that ends in the emergency target, and the way back. */
const FALL_BACK_TIMEOUT_MS = 600_000

/** A release that does not come up is trouble on the console; a broken kernel or disk still is none of that. */
const signsOfBadReleases = troubleSigns.filter(({ name }) =>
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
  let bringingOld: Change
  let bringingNew: Change
  /** What the container shows whose image belongs to the release, and what was pulled in this boot. */
  const page = () => host('slipctl logs released-page-1')
  const pulls = async () =>
    (await host('journalctl --no-pager -o cat -b -u slipway-supervisor'))
      .split('\n')
      .filter((line) => line.startsWith('pulling'))
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
      compose: { released },
      files: { '/etc/slipway/update.yaml': { content: stringify(settings) } },
    })
    return boot(laboratory, { disk: 'updated', config, troubleSigns: signsOfBadReleases })
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
    laboratory = await openLaboratory(async (pushPage) => {
      bringingOld = bringing(await pushPage('old', 'page of 1.0'))
      bringingNew = bringing(await pushPage('new', 'page of 1.1'))
      return fleet.trusting({ version: '1.0', change: bringingOld })
    })
    machine = await start()
    await settled('1.0')
    await fleet.release({ version: '1.0', change: bringingOld }, { patched: false })
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
    await fleet?.close()
  })

  it('puts a new release beside the one that runs, and changes nothing else', async () => {
    const change = (same: ImageDefinition) => withOneMoreProgram(bringingNew(same))
    await fleet.release({ version: '1.1', change }, { patched: true })
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

  it('has pulled its container images before, and runs those of the old one', async () => {
    assert.match((await pulls()).at(-1) ?? '', /new@sha256:\w+ for release 1\.1$/)
    assert.equal(await page(), 'page of 1.0')
    // Nothing is pulled from here on.
    await laboratory.registry.stop()
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

  it('has changed the container whose image belongs to the release with it', async () => {
    await until(machine, 60_000, async () => assert.equal(await page(), 'page of 1.1'))
    assert.deepEqual(await pulls(), [])
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

  it('has changed that container back', async () => {
    await until(machine, 60_000, async () => assert.equal(await page(), 'page of 1.0'))
    assert.deepEqual(await pulls(), [])
  })

  it('comes back by itself when a release does not come up, and does not take it again', async () => {
    const change = (same: ImageDefinition) => withArgument(same, 'systemd.unit=emergency.target')
    await fleet.release({ version: '1.2', change }, { patched: false })
    await updateByReboot('apply')
    await machine.waitForLine(/emergency\.target|Emergency Mode/, { timeoutMs: BOOT_TIMEOUT_MS })
    await settled('1.0', FALL_BACK_TIMEOUT_MS)
    await until(machine, 180_000, async () => {
      const { history } = await status()
      assert.deepEqual(history.at(-1)?.version, '1.2')
      assert.deepEqual(history.at(-1)?.result, 'rolled-back')
    })
    await update('check || true')
    assert.ok(!(await entries()).some((name) => name.startsWith('slipway_1.2+3')))
  })
})

type Change = (definition: ImageDefinition) => ImageDefinition

/** A release that brings one container image. */
function bringing(reference: string): Change {
  return (definition) => ({ ...definition, containerImages: { page: reference } })
}

/** A container whose image belongs to the release. */
const released = {
  services: {
    page: {
      image: 'slipway.release/page',
      restart: 'always',
      command: [
        'sh',
        '-c',
        "trap 'exit 0' TERM; cat /page; while true; do sleep 60 & wait $$!; done",
      ],
    },
  },
}

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
