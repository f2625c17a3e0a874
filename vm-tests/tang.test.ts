import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTang, type TangOptions, type TangServer } from '../src/clevis/testing/tang-server.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { inMachineTree } from '../src/start/programs.ts'
import { HOST_SEEN_BY_GUEST } from '../src/start/registry.ts'
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

describe(
  'a host with volumes that a tang server opens, with the TPM or alone, root among them',
  onlyInAll,
  () => {
    let laboratory: Laboratory
    let options: TangOptions
    let server: TangServer
    let machine: VirtualMachine
    const host = (script: string) => onHost(machine, script)

    before(async () => {
      laboratory = await openLaboratory()
      options = {
        command: (keys) => inMachineTree(laboratory.tree, '../libexec/tangd', [keys]),
      }
      server = await startTang(options)
      machine = await boot(laboratory, metalHost(laboratory, 'tang', tangConfig(server)))
      // Provisioning waits for the network and makes keys, which an emulated processor is slow at.
      await helloAnswers(machine, 600_000)
    })

    after(async () => {
      await machine?.kill()
      await server?.[Symbol.asyncDispose]()
      await laboratory?.close()
    })

    const isWhole = async () => {
      await until(machine, 120_000, async () => {
        const state = await host('systemctl is-system-running || true')
        const failed = await host('systemctl list-units --failed --no-legend --plain')
        assert.equal(state, 'running', failed)
      })
      assert.match(await host('cat /proc/1/mounts'), /^\/dev\/mapper\/root \/ ext4/m)
      assert.equal(await host('cat /srv/notes'), 'on root')
      assert.equal(await host('systemctl is-active slipway-network.service || true'), 'inactive')
      for (const name of ['data', 'shared']) {
        const mount = new RegExp(`^/dev/mapper/${name} /var/lib/${name} ext4`, 'm')
        assert.match(await host('cat /proc/1/mounts'), mount)
        assert.equal(await host(`cat /var/lib/${name}/notes`), 'kept')
      }
    }

    it('has its files there, and no key of a volume', async () => {
      await isWhole()
      for (const [name, place] of Object.entries(volumes)) {
        const header = await host(`cryptsetup luksDump ${place}`)
        assert.equal(header.match(/^ {2}\d+: luks2$/gm)?.length, 1, header)
        assert.equal(header.match(/^ {2}\d+: clevis$/gm)?.length, 1, header)
        const token = JSON.parse(await host(`cryptsetup token export --token-id 0 ${place}`))
        const { pin, sss } = JSON.parse(
          Buffer.from(token.jwe.protected, 'base64url').toString(),
        ).clevis
        const isShared = name !== 'data'
        assert.deepEqual(
          [pin, sss?.t, sss?.jwe.length],
          isShared ? ['sss', 2, 2] : ['tang', undefined, undefined],
        )
      }
      assert.equal(await host('ls /etc/luks 2>/dev/null || true'), '')
    })

    it('waits for the server after a reboot, says so, and opens the volumes once it is there', async () => {
      const { port, keys } = server
      await server.stop()
      const { firstLine } = await reboot(machine)
      await machine.waitForLine(/\/rec\/.*: attempt #\d+: /, {
        after: firstLine - 1,
        timeoutMs: 300_000,
      })
      server = await startTang({ ...options, port, known: keys })
      for (const name of ['data', 'shared'])
        await machine.waitForLine(new RegExp(`${name}: the volume is open`), {
          after: firstLine - 1,
          timeoutMs: 300_000,
        })
      await helloAnswers(machine)
      await isWhole()
      const again = machine.console.lines.slice(firstLine).map(({ text }) => text)
      assert.deepEqual(
        again.filter((line) => /Provision this host|recovery/.test(line)),
        [],
      )
    })
  },
)

/** Where they are; two of them take the TPM and the server, one the server alone. */
const volumes = {
  root: '/dev/disk/by-id/virtio-first',
  data: '/dev/disk/by-partlabel/data',
  shared: '/dev/disk/by-partlabel/shared',
}

function tangConfig({ port, ...server }: TangServer) {
  const url = `http://${HOST_SEEN_BY_GUEST}:${port}`
  const tang = [{ url, thumbprint: server.thumbprint() }]
  const volume = (name: keyof typeof volumes, clevis: object) => ({
    ...{ name, device: volumes[name] },
    ...{ wipeVolume: true, clevis: { tang, ...clevis } },
  })
  const filesystem = (name: keyof typeof volumes, path: string) => ({
    ...{ device: `/dev/mapper/${name}`, path },
    ...{ format: 'ext4', wipeFilesystem: true },
  })
  const notes = (folder: string, text: string) => ({
    path: `${folder}/notes`,
    contents: { source: `data:,${encodeURIComponent(text)}` },
  })
  const withTpm = { tpm2: true, threshold: 2 }
  return {
    storage: {
      disks: [
        {
          device: '/dev/disk/by-id/virtio-second',
          wipeTable: true,
          partitions: [
            { number: 1, label: 'data', sizeMiB: 200 },
            { number: 2, label: 'shared' },
          ],
        },
      ],
      luks: [volume('root', withTpm), volume('data', {}), volume('shared', withTpm)],
      filesystems: [
        filesystem('root', '/'),
        filesystem('data', '/var/lib/data'),
        filesystem('shared', '/var/lib/shared'),
      ],
      files: [
        notes('/srv', 'on root'),
        notes('/var/lib/data', 'kept'),
        notes('/var/lib/shared', 'kept'),
      ],
    },
    systemd: { units: ['data', 'shared'].map(mountUnit) },
  }
}

function mountUnit(name: string) {
  return {
    name: `var-lib-${name}.mount`,
    enabled: true,
    contents: `[Mount]
What=/dev/mapper/${name}
Where=/var/lib/${name}
Type=ext4
Options=_netdev

[Install]
WantedBy=remote-fs.target
`,
  }
}
