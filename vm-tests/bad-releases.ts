import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { slotUuids } from '../src/disk/identifiers.ts'
import type { ImageDefinition } from '../src/image/definition.ts'
import { runInSandbox } from '../src/pipeline/sandbox.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { troubleSigns } from '../src/start/trouble-signs.ts'
import { runsAll } from './extent.ts'
import { boot, helloAnswers, type Laboratory } from './host.ts'
import {
  type Setting,
  UPDATE_MS,
  UpdatingHost,
  updatingConfig,
  withArguments,
} from './updating-host.ts'

/** Releases that fail one after the other, six when all tests run. */
const WALK_MS = 900_000

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

/** Has a mount fail without which the host does not come up. */
const brokenMount = `cat > /etc/systemd/system/srv.mount <<'END'
[Mount]
What=none
Where=/srv
Type=nosuchtype
END
mkdir /etc/systemd/system/local-fs.target.requires
ln -s ../srv.mount /etc/systemd/system/local-fs.target.requires/srv.mount
sync`

/** Channel `bad` has 1.3, in which no container can have a network. */
export const badRelease = {
  version: '1.3',
  change: (same: ImageDefinition) => withArguments(same, 'module_blacklist=veth', placeholder),
}

/** What a host does whose new release is bad. */
export function badReleaseTests(setting: () => Promise<Setting>): void {
  describe('a host whose new release is bad', { concurrency: 1 }, () => {
    let machine: VirtualMachine
    let host: UpdatingHost
    let placeholderOffset: number
    let emptyUsr: { readonly disk: string; readonly rootHash: string }
    let watchdogBites = 0
    const lines = (from: number) => machine.console.lines.slice(from).map(({ text }) => text)

    /** Waits until the host is back on the first release, and knows why: `since` is what it knew before. */
    const backOn = async (expected: string, since: string | undefined, timeoutMs: number) => {
      await host.shows(({ running, state: { badReleases } }) => {
        assert.equal(running, expected)
        assert.equal(badReleases.length, 1)
        assert.notEqual(badReleases[0]?.at, since)
      }, timeoutMs)
      await helloAnswers(machine)
    }

    before(async () => {
      const { laboratory, fleet } = await setting()
      emptyUsr = await makeEmptyUsr(laboratory)
      const config = updatingConfig(
        laboratory,
        { server: fleet.url, channel: 'bad', tries: 1, health: { timeout: '30s' } },
        { units: { 'freeze.service': freezeUnit } },
      )
      machine = await boot(laboratory, {
        ...{ disk: 'bad-releases', config, troubleSigns: signs },
        disks: [{ image: emptyUsr.disk }],
        watchdog: true,
      })
      machine.qmp.onEvent(({ name }) => {
        if (name === 'WATCHDOG') watchdogBites++
      })
      host = new UpdatingHost(machine)
      const { uki } = await fleet.release(badRelease, { channel: 'bad' })
      placeholderOffset = (await readFile(uki.files.uki)).indexOf(placeholder)
      await host.settled('1.0')
    })

    after(() => machine?.kill())

    it('leaves one in which a container does not run that ran before', async () => {
      assert.equal((await host.order('check')).ok, true)
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.3+1.efi'])
      const from = machine.console.lines.length
      await host.orderReboot('apply')
      await backOn('1.0', undefined, UPDATE_MS)
      // A busy console may lose a character, but not in both.
      assert.match(lines(from).join('\n'), /The host left 1\.3|again and runs 1\.0/)
      const { badReleases, summary } = await host.status()
      assert.equal(badReleases[0]?.version, '1.3')
      assert.equal(badReleases[0]?.check, 'containers')
      assert.match(badReleases[0]?.reason ?? '', /test-hello-1/)
      assert.match(summary, /1\.3/)
      assert.match((await host.order('check')).message, /1\.3 is not taken again/)
      assert.deepEqual(await host.entries(), ['slipway_1.0.efi', 'slipway_1.3+0-1.efi'])
    })

    it('comes back from what panics, hangs, or does not find its /usr, one after the other', async () => {
      const [before] = (await host.status()).badReleases
      assert.equal((await host.order('apply 1.3 --no-reboot')).ok, true)
      const unknownHash = 'ab'.repeat(32)
      const bad: Readonly<Record<string, string>> = {
        ...(runsAll && {
          '1.3.6': 'systemd.unit=emergency.target',
          '1.3.5': `usrhash=${unknownHash} rd.systemd.default_device_timeout_sec=10`,
          '1.3.4': `usrhash=${emptyUsr.rootHash}`,
          // Process 1 crashes, and stays where it is.
          '1.3.3': 'slipway.test=freeze systemd.crash_action=freeze systemd.watchdog_sec=20',
        }),
        // The initrd's process 1 has gone, and the kernel stops for good.
        '1.3.2': 'init=/usr/bin/sync panic=0 systemd.watchdog_sec=20',
        '1.3': 'init=/usr/bin/sync panic=1',
      }
      for (const [version, failing] of Object.entries(bad))
        await host.run(patchedCopy(version, failing, placeholderOffset))
      const expected = Object.keys(bad).map((version) => `slipway_${version}`)
      assert.deepEqual(await host.entries(), [
        'slipway_1.0.efi',
        ...expected.map((name) => `${name}+1.efi`).sort(),
      ])
      const from = machine.console.lines.length
      await host.orderReboot('apply')
      await backOn('1.0', before?.at, WALK_MS)
      assert.deepEqual(await host.entries(), [
        'slipway_1.0.efi',
        ...expected.map((name) => `${name}+0-1.efi`).sort(),
      ])
      const hanging = Object.values(bad).filter((text) => text.includes('watchdog_sec'))
      assert.equal(watchdogBites, hanging.length)
      const console = lines(from).join('\n')
      assert.match(console, /Kernel panic - not syncing/)
      if (runsAll) assert.match(console, /Timed out waiting for device .*by-partuuid/)
      const { badReleases } = await host.status()
      assert.equal(badReleases[0]?.version, '1.3')
      assert.match(badReleases[0]?.reason ?? '', /^it (did not start|started)/)
      assert.match((await host.order('check')).message, /1\.3 is not taken again/)
    })

    it('stops with the reason when the good one does not come up either', async () => {
      await host.run(brokenMount)
      const from = machine.console.lines.length
      await host.soon('systemctl reboot')
      const options = { after: from - 1, timeoutMs: UPDATE_MS }
      await machine.waitForLine(/Linux version/, options)
      await machine.waitForLine(/srv\.mount.*failed/i, options)
      await machine.waitForLine(/Emergency Mode/, options)
      // There is no sign of a reboot that does not come but time.
      const after = machine.console.lines.length
      await assert.rejects(machine.waitForLine(/Linux version/, { after, timeoutMs: 15_000 }))
    })
  })
}

/** A script that makes a boot entry of the waiting release's, or changes that one. */
function patchedCopy(version: string, failing: string, offsetBytes: number): string {
  assert.ok(failing.length <= placeholder.length)
  const [waiting, file] = [badRelease.version, version].map(
    (name) => `/boot/EFI/Linux/slipway_${name}+1.efi`,
  )
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
