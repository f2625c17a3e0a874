import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { slotUuids } from '../src/disk/identifiers.ts'
import type { ImageDefinition } from '../src/image/definition.ts'
import { runInSandbox } from '../src/pipeline/sandbox.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import type { UpdateStatus } from '../src/slipctl/update/status-of.ts'
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
import { updateSettings, withArguments } from './updating-host.ts'

const BOOT_TIMEOUT_MS = 300_000
const STAGE_TIMEOUT_MS = 600_000
/** Six releases, each of which fails in its own way. */
const WALK_TIMEOUT_MS = 900_000

/** Whatever goes wrong here is meant to, but for this. */
const signs = troubleSigns.filter(({ name }) => /kernel oops|kernel warning|ordering/.test(name))

/** Stands in the command line of the release for arguments by which a copy of its UKI fails. */
const placeholder = `slipway.test=${'.'.repeat(180)}`

/** It crashes process 1 of a release whose command line says so. */
const freezeUnit = `[Unit]
ConditionKernelCommandLine=slipway.test=freeze
Requires=opt-probe.mount
After=opt-probe.mount
[Service]
Type=oneshot
ExecStart=/opt/probe/busybox kill -SEGV 1
[Install]
WantedBy=multi-user.target
`

describe('a host whose new release is bad', () => {
  let fleet: Fleet
  let laboratory: Laboratory
  let machine: VirtualMachine
  let placeholderOffset: number
  let emptyUsr: { readonly disk: string; readonly rootHash: string }
  let watchdogBites = 0
  const host = (script: string) => onHost(machine, script)
  const update = (verb: string) => host(`slipctl update ${verb}`)
  const status = async () => JSON.parse(await update('status --json')) as UpdateStatus
  const entries = async () => (await host('ls /boot/EFI/Linux')).split('\n').sort()
  const lines = (from: number) => machine.console.lines.slice(from).map(({ text }) => text)
  /** A moment later, or the reboot takes the probe down before it has answered. */
  const soon = (command: string) => host(`systemd-run --quiet --on-active=1s ${command}`)

  /** Has the agent put the new release in place, which may take longer than one script may. */
  const staged = async (verb: string) => {
    await soon(`slipctl update ${verb}`)
    await until(machine, STAGE_TIMEOUT_MS, async () =>
      assert.equal((await status()).phase.kind, 'staged'),
    )
  }

  /** Waits until the host is back on the first release, and knows why: `since` is what it knew before. */
  const backOn = async (expected: string, since: string | undefined, timeoutMs: number) => {
    await until(machine, timeoutMs, async () => {
      const { running, badReleases } = await status()
      assert.equal(running, expected)
      assert.equal(badReleases.length, 1)
      assert.notEqual(badReleases[0]?.at, since)
    })
    await helloAnswers(machine)
  }

  before(async () => {
    fleet = await Fleet.open()
    laboratory = await openLaboratory(fleet.trusting({ version: '1.0' }))
    emptyUsr = await makeEmptyUsr(laboratory)
    const settings = updateSettings(fleet.url, { tries: 1, health: { timeout: '30s' } })
    const config = testConfig(laboratory, {
      files: { '/etc/slipway/update.yaml': { content: settings } },
      units: { 'freeze.service': freezeUnit },
    })
    machine = await boot(laboratory, {
      disk: 'bad-releases',
      cpus: 1,
      config,
      disks: [{ image: emptyUsr.disk }],
      watchdog: true,
      troubleSigns: signs,
    })
    machine.qmp.onEvent(({ name }) => {
      if (name === 'WATCHDOG') watchdogBites++
    })
    // Its container cannot have a network.
    const change = (same: ImageDefinition) =>
      withArguments(same, 'module_blacklist=veth', placeholder)
    const { uki } = await fleet.release({ version: '1.1', change })
    placeholderOffset = (await readFile(uki.files.uki)).indexOf(placeholder)
    await until(machine, BOOT_TIMEOUT_MS, async () =>
      assert.deepEqual(await entries(), ['slipway_1.0.efi']),
    )
    await helloAnswers(machine)
  })

  after(async () => {
    await machine?.kill()
    await laboratory?.close()
    await fleet?.close()
  })

  it('leaves one in which a container does not run that ran before', async () => {
    await staged('check')
    assert.deepEqual(await entries(), ['slipway_1.0.efi', 'slipway_1.1+1.efi'])
    const from = machine.console.lines.length
    await soon('slipctl update apply')
    await backOn('1.0', undefined, 2 * BOOT_TIMEOUT_MS)
    // A busy console may lose a character, but not in both.
    assert.match(lines(from).join('\n'), /The host left 1\.1|again and runs 1\.0/)
    const { badReleases, summary } = await status()
    assert.equal(badReleases[0]?.version, '1.1')
    assert.equal(badReleases[0]?.check, 'containers')
    assert.match(badReleases[0]?.reason ?? '', /test-hello-1/)
    assert.match(summary, /1\.1/)
    assert.match(await update('check || true'), /1\.1 is not taken again/)
    assert.deepEqual(await entries(), ['slipway_1.0.efi', 'slipway_1.1+0-1.efi'])
  })

  it('comes back from what panics, hangs, or does not find its /usr, one after the other', async () => {
    const [before] = (await status()).badReleases
    await staged('apply 1.1 --no-reboot')
    const unknownHash = 'ab'.repeat(32)
    const bad = {
      '1.1.6': 'systemd.unit=emergency.target',
      '1.1.5': `usrhash=${unknownHash} rd.systemd.default_device_timeout_sec=10`,
      '1.1.4': `usrhash=${emptyUsr.rootHash}`,
      // Process 1 crashes, and stays where it is.
      '1.1.3': 'slipway.test=freeze systemd.crash_action=freeze systemd.watchdog_sec=20',
      // The initrd's process 1 has gone, and the kernel stops for good.
      '1.1.2': 'init=/usr/bin/sync panic=0 systemd.watchdog_sec=20',
      '1.1': 'init=/usr/bin/sync panic=1',
    }
    for (const [version, failing] of Object.entries(bad))
      await host(patchedCopy(version, failing, placeholderOffset))
    const expected = Object.keys(bad).map((version) => `slipway_${version}`)
    assert.deepEqual(await entries(), [
      'slipway_1.0.efi',
      ...expected.map((name) => `${name}+1.efi`).sort(),
    ])
    const from = machine.console.lines.length
    await soon('slipctl update apply')
    await backOn('1.0', before?.at, WALK_TIMEOUT_MS)
    assert.deepEqual(await entries(), [
      'slipway_1.0.efi',
      ...expected.map((name) => `${name}+0-1.efi`).sort(),
    ])
    assert.equal(watchdogBites, 2)
    const console = lines(from).join('\n')
    assert.match(console, /Kernel panic - not syncing/)
    assert.match(console, /Timed out waiting for device .*by-partuuid/)
    const { badReleases } = await status()
    assert.equal(badReleases[0]?.version, '1.1')
    assert.match(badReleases[0]?.reason ?? '', /^it (did not start|started)/)
    assert.match(await update('check || true'), /1\.1 is not taken again/)
  })
})

/** A script that makes a boot entry of the waiting release's, or changes that one. */
function patchedCopy(version: string, failing: string, offsetBytes: number): string {
  assert.ok(failing.length <= placeholder.length)
  const [waiting, file] = ['1.1', version].map((name) => `/boot/EFI/Linux/slipway_${name}+1.efi`)
  return [
    'set -e',
    ...(waiting === file ? [] : [`cp ${waiting} ${file}`]),
    `printf '%s' '${failing.padEnd(placeholder.length)}' >/tmp/arguments`,
    `dd if=/tmp/arguments of=${file} bs=1 seek=${offsetBytes} conv=notrunc 2>/dev/null`,
    'sync',
  ].join('\n')
}

/** A disk with a /usr that is empty, and its hash tree, which belongs to it. */
async function makeEmptyUsr({ image, directory }: Laboratory) {
  const folder = join(directory, 'empty-usr')
  const [content, definitions] = [join(folder, 'content'), join(folder, 'repart.d')]
  for (const made of [content, definitions]) await mkdir(made, { recursive: true })
  const [usr, tree, hash] = ['usr.erofs', 'usr.verity', 'hash'].map((name) => join(folder, name))
  const inTools = (program: string, ...parameters: readonly string[]) =>
    runInSandbox(image.tools.files.trees, { writable: [folder] }, program, parameters)
  await inTools('mkfs.erofs', '--quiet', `${usr}`, content)
  await inTools('veritysetup', 'format', `--root-hash-file=${hash}`, `${usr}`, `${tree}`)
  const rootHash = (await readFile(`${hash}`, 'utf8')).trim()
  const uuids = slotUuids(rootHash)
  const partition = (type: string, uuid: string, source: string | undefined) =>
    `[Partition]\nType=${type}\nUUID=${uuid}\nSizeMinBytes=1M\nSizeMaxBytes=1M\nCopyBlocks=${source}\n`
  await writeFile(join(definitions, '10.conf'), partition('usr', uuids.data, usr))
  await writeFile(join(definitions, '20.conf'), partition('usr-verity', uuids.verity, tree))
  const disk = join(folder, 'disk.raw')
  await inTools(
    'systemd-repart',
    ...['--empty=create', '--size=auto', '--offline=yes', '--sector-size=512', '--dry-run=no'],
    ...['--no-pager', `--definitions=${definitions}`, disk],
  )
  return { disk, rootHash }
}
