import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { serve, type WebServer } from '../src/ignition/testing/servers.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import type { HostConfig } from '../src/start/host-config.ts'
import { onlyInAll } from './extent.ts'
import {
  boot,
  helloAnswers,
  type Laboratory,
  onHost,
  openLaboratory,
  SOON_MS,
  testConfig,
  until,
} from './host.ts'
import { notForThisPlatform, patience } from './other-platforms.ts'
import { startTaggingSwitch, type TaggingSwitch } from './tagging-switch.ts'

/** Addresses of QEMU's network behind the switch; what it hands out by DHCP is never the host's. */
const server = '192.0.2.9'
const network = 'restrict=on,net=192.0.2.0/24,host=192.0.2.2,dns=192.0.2.3,dhcpstart=192.0.2.100'

describe('a host whose network is on the kernel’s command line', onlyInAll, () => {
  let laboratory: Laboratory
  let machine: VirtualMachine
  let configs: WebServer
  let taggingSwitch: TaggingSwitch
  const host = (script: string) => onHost(machine, script)

  type Case = { image: string; networkArguments: string; vlan?: number; config?: HostConfig }

  async function start({ image, networkArguments, vlan, config }: Case): Promise<void> {
    laboratory = await openLaboratory({ name: image })
    configs = await serve(() => ({ body: testConfig(laboratory, config) }))
    taggingSwitch = await startTaggingSwitch(laboratory.directory, vlan)
    const service = `guestfwd=tcp:${server}:80-cmd:/usr/bin/busybox nc 127.0.0.1 ${configs.port}`
    const url = `ignition.config.url=http://${server}/config.ign`
    machine = await boot(laboratory, {
      config: notForThisPlatform,
      kernelArguments: `ignition.platform.id=qemu ${url} ${networkArguments} ${patience}`,
      extraArguments: taggingSwitch.arguments(`${network},${service}`),
    })
    await helloAnswers(machine, 600_000)
  }

  async function end(): Promise<void> {
    await machine?.kill()
    await taggingSwitch?.[Symbol.asyncDispose]()
    await configs?.[Symbol.asyncDispose]()
    await laboratory?.close()
  }

  /** The host's own addresses, but for those of the network that every test host has. */
  const addresses = async () =>
    [...(await host('ip -4 -o address')).matchAll(/^\d+: (\S+) +inet (192\.0\.2\.\S+)/gm)].map(
      ([, link, address]) => `${address} on ${link}`,
    )

  const isWell = () =>
    until(machine, SOON_MS, async () => {
      assert.equal(await host('systemctl is-system-running || true'), 'running')
    })

  describe('a fixed address on a VLAN', () => {
    before(() =>
      start({
        image: 'qemu',
        vlan: 10,
        networkArguments:
          'vlan=vlan10:enp0s16 ip=192.0.2.20:::255.255.255.0::vlan10:none nameserver=192.0.2.3',
      }),
    )
    after(end)

    it('had its config over it', () => {
      assert.deepEqual(
        configs.seen.map(({ method, path }) => `${method} ${path}`),
        ['GET /config.ign'],
      )
      assert.ok(taggingSwitch.seen.first > taggingSwitch.seen.dropped)
    })

    it('has it on the host, and no other there', async () => {
      await isWell()
      assert.deepEqual(await addresses(), ['192.0.2.20/24 on vlan10'])
      assert.match(await host('cat /proc/net/vlan/vlan10'), /VID: 10\b[\s\S]*Device: enp0s16/)
    })
  })

  describe('a fixed address on two cards as one link', () => {
    before(() =>
      start({
        image: 'metal',
        networkArguments:
          'bond=lan0:enp0s16,enp0s17 ip=192.0.2.20::192.0.2.2:255.255.255.0::lan0:none',
        config: {
          files: {
            '/etc/systemd/network/50-lan1.netdev': {
              content: '[NetDev]\nName=bond0\nKind=bond\n[Bond]\nMode=802.3ad\n',
              mode: 0o644,
            },
            '/etc/systemd/network/50-lan0.netdev': {
              content: '[NetDev]\nName=lan0\nKind=bond\n[Bond]\nMode=active-backup\n',
              mode: 0o644,
            },
          },
        },
      }),
    )
    after(end)

    it('had its config over both', () => {
      assert.deepEqual(
        configs.seen.map(({ method, path }) => `${method} ${path}`),
        ['GET /config.ign'],
      )
      const { first, second } = taggingSwitch.seen
      assert.ok(first > 0 && second > 0, `${first} and ${second} frames`)
    })

    it('has them on the host, as one link of the mode that the config asks for', async () => {
      await isWell()
      assert.deepEqual(await addresses(), ['192.0.2.20/24 on lan0'])
      const bond = (name: string) => `/sys/class/net/${name}/bonding`
      const links = await host(`cat ${bond('lan0')}/slaves`)
      assert.deepEqual(links.split(' ').sort(), ['enp0s16', 'enp0s17'])
      assert.match(await host(`cat ${bond('lan0')}/mode`), /^active-backup /)
      assert.match(await host(`cat ${bond('bond0')}/mode`), /^802\.3ad /)
    })
  })
})
