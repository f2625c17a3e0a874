import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type Seen, serve, type WebServer } from '../src/ignition/testing/servers.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { HOST_SEEN_BY_GUEST } from '../src/start/registry.ts'
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
import { metadataNetwork } from './metadata-network.ts'
import { notForThisPlatform, patience } from './other-platforms.ts'

const initrdNetwork = [
  'network',
  'network-arguments',
  'network-devices',
  'names',
  'ignition-online',
]
  .map((name) => `-u slipway-${name}`)
  .join(' ')

/** What the journal of this boot has of the initrd's network. */
const initrdJournal = (machine: VirtualMachine) =>
  onHost(machine, `journalctl --no-pager -q -b -o cat ${initrdNetwork}`)

describe('where a host’s config comes from', () => {
  let laboratory: Laboratory

  before(async () => {
    laboratory = await openLaboratory()
  })

  after(() => laboratory?.close())

  describe('a host of a cloud, whose config and files only the network has', () => {
    const page = 'fetched in the initrd\n'
    let machine: VirtualMachine
    let metadata: WebServer
    let files: WebServer
    const host = (script: string) => onHost(machine, script)

    before(async () => {
      files = await serve(() => ({ body: page }))
      const userData = withRemoteFile(testConfig(laboratory), {
        path: '/etc/fetched',
        source: `http://${HOST_SEEN_BY_GUEST}:${files.port}/page`,
        hash: `sha256-${createHash('sha256').update(page).digest('hex')}`,
      })
      metadata = await serve((request) => instanceMetadata(request, userData))
      machine = await boot(laboratory, {
        config: notForThisPlatform,
        kernelArguments: `ignition.platform.id=aws ${patience}`,
        extraArguments: metadataNetwork(metadata.port),
      })
      await helloAnswers(machine)
    })

    after(async () => {
      await machine?.kill()
      await metadata?.[Symbol.asyncDispose]()
      await files?.[Symbol.asyncDispose]()
    })

    it('was given it by the metadata service, for a token', () => {
      assert.deepEqual(
        metadata.seen.map(({ method, path }) => `${method} ${path}`),
        ['PUT /latest/api/token', 'GET /2019-10-01/user-data'],
      )
    })

    it('has the file that the config names by its address', async () => {
      assert.equal(await host('cat /etc/fetched'), page.trimEnd())
      assert.equal(files.seen.length, 1)
    })

    it('has the network of any other host, and nothing of the initrd’s', async () => {
      await until(machine, SOON_MS, async () => {
        assert.equal(await host('systemctl is-system-running || true'), 'running')
      })
      const links = await host('ls /sys/class/net')
      assert.doesNotMatch(links, /^eth\d/m)
      assert.match(await initrdJournal(machine), /slipway|networkd|link/i)
      assert.equal(await host('ls /run/systemd/network 2>/dev/null || true'), '')
      assert.equal(
        await host("systemctl list-units --all --no-legend 'slipway-net*' 'slipway-names*'"),
        '',
      )
    })
  })
})

/** Amazon's instance metadata service, version 2. */
function instanceMetadata({ method, path, headers }: Seen, userData: string) {
  if (method === 'PUT' && path === '/latest/api/token') return { body: 'token-of-the-instance' }
  if (headers['x-aws-ec2-metadata-token'] !== 'token-of-the-instance') return { status: 401 }
  return path === '/2019-10-01/user-data' ? { body: userData } : { status: 404 }
}

function withRemoteFile(
  config: string,
  { path, source, hash }: { path: string; source: string; hash: string },
): string {
  const parsed = JSON.parse(config)
  parsed.storage.files.push({ path, contents: { source, verification: { hash } } })
  return JSON.stringify(parsed)
}
