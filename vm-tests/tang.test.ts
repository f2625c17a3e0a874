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

describe('a host with volumes that a tang server opens, root among them', onlyInAll, () => {
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
    assert.match(await host('cat /proc/1/mounts'), /^\/dev\/mapper\/data \/var\/lib\/data ext4/m)
    assert.equal(await host('cat /var/lib/data/notes'), 'kept')
  }

  it('has its files there, and no key of the volume', async () => {
    await isWhole()
    for (const disk of ['first', 'second']) {
      const header = await host(`cryptsetup luksDump /dev/disk/by-id/virtio-${disk}`)
      assert.equal(header.match(/^ {2}\d+: luks2$/gm)?.length, 1, header)
      assert.equal(header.match(/^ {2}\d+: clevis$/gm)?.length, 1, header)
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
    await machine.waitForLine(/data: the volume is open/, {
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
})

function tangConfig({ port, ...server }: TangServer) {
  const url = `http://${HOST_SEEN_BY_GUEST}:${port}`
  const tang = [{ url, thumbprint: server.thumbprint() }]
  const device = '/dev/mapper/data'
  const volume = (name: string, disk: string) => ({
    ...{ name, device: `/dev/disk/by-id/virtio-${disk}` },
    ...{ wipeVolume: true, clevis: { tang } },
  })
  return {
    storage: {
      luks: [volume('root', 'first'), volume('data', 'second')],
      filesystems: [
        { device: '/dev/mapper/root', path: '/', format: 'ext4', wipeFilesystem: true },
        { device, path: '/var/lib/data', format: 'ext4', wipeFilesystem: true },
      ],
      files: [
        { path: '/srv/notes', contents: { source: 'data:,on%20root' } },
        { path: '/var/lib/data/notes', contents: { source: 'data:,kept' } },
      ],
    },
    systemd: {
      units: [
        {
          name: 'var-lib-data.mount',
          enabled: true,
          contents: `[Mount]
What=${device}
Where=/var/lib/data
Type=ext4
Options=_netdev

[Install]
WantedBy=remote-fs.target
`,
        },
      ],
    },
  }
}
