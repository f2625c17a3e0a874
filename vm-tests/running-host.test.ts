import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { serve, type WebServer } from '../src/ignition/testing/servers.ts'
import { loadImage } from '../src/image/load.ts'
import { gapClosures } from '../src/kernel/closures.ts'
import { loadKernelRules } from '../src/kernel/load.ts'
import { rulesFor } from '../src/kernel/rules.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import { HOST_SEEN_BY_GUEST } from '../src/start/registry.ts'
import { confinementTests, ownProfiles } from './confinement.ts'
import {
  boot,
  HELLO_PORT,
  helloAnswers,
  type Laboratory,
  onHost,
  openLaboratory,
  PROBE_PORT,
  reboot,
  SOON_MS,
  testConfig,
  until,
} from './host.ts'
import { askHost, startScript } from './host-api.ts'

const images = `${import.meta.dirname}/../images`

describe('a host that has booted for the first time', () => {
  let laboratory: Laboratory
  let machine: VirtualMachine
  let receiver: WebServer
  const host = (script: string) => onHost(machine, script)
  const systemctl = (text: string) => host(`systemctl --no-pager ${text}`)

  before(async () => {
    laboratory = await openLaboratory()
    receiver = await serve(() => ({}))
    const config = testConfig(laboratory, {
      compose: { order: orderedProject(laboratory) },
      files: {
        ...(await ownProfiles(laboratory)),
        '/etc/slipway/supervisor.yaml': { content: settings(laboratory, receiver) },
      },
    })
    machine = await boot(laboratory, { disk: 'host', config })
    await helloAnswers(machine)
  })

  after(async () => {
    await machine?.kill()
    await receiver?.[Symbol.asyncDispose]()
    await laboratory?.close()
  })

  const notes = async () =>
    (await host('cat /var/lib/slipway/volumes/order_notes/_data/notes')).split('\n')

  /** Jobs that nothing waits for may still be under way when the container answers. */
  const isRunning = () =>
    until(machine, SOON_MS, async () => {
      assert.equal(await systemctl('is-system-running || true'), 'running')
    })

  it('runs, with no failed unit', async () => {
    await isRunning()
    assert.equal(await systemctl('list-units --failed --no-legend --plain'), '')
  })

  it('has blessed its boot entry', async () => {
    const entries = await until(machine, SOON_MS, async () => {
      const names = await host('ls /boot/EFI/Linux')
      assert.doesNotMatch(names, /\+/, 'tries are still counted')
      return names
    })
    assert.equal(entries, `slipway_${laboratory.image.version}.efi`)
  })

  it('shows its containers through slipctl', async () => {
    const list = JSON.parse(await host('slipctl ps --json')) as { Names: string[] }[]
    const names = list.flatMap((each) => each.Names)
    assert.ok(
      names.some((name) => name.includes('hello')),
      JSON.stringify(names),
    )
    assert.match(await host('slipctl inspect test-hello-1'), /"Running": ?true/)
    assert.equal(await host('slipctl logs test-hello-1'), '')
  })

  it('keeps a container within its cgroup limits', async () => {
    const find =
      'd=$(find /sys/fs/cgroup/slipway.slice -name "pids.max" -exec grep -lx 64 {} \\; | head -n 1)'
    assert.equal(await host(`${find}; cat "\${d%/*}/memory.max"`), String(64 * 2 ** 20))
    const io = await host(`${find}; cat "\${d%/*}/io.max" "\${d%/*}/io.weight"`)
    assert.match(io, new RegExp(`^\\d+:0 rbps=max wbps=${64 * 2 ** 20} riops=max wiops=max$`, 'm'))
    // 10 to 1000 of the API is 1 to 10000 of the kernel.
    assert.match(io, /^default 5000$/m)
  })

  it('tells of a container that wanted more memory than its limit', async () => {
    const memory = 16 * 2 ** 20
    const { id } = await startScript(
      machine,
      `${laboratory.registry.guestName}/hello:1`,
      'exec tail /dev/zero',
      { Memory: memory, MemorySwap: memory },
    )
    await askHost(machine, 'POST', `/containers/${id}/wait`)
    const { answer } = await askHost(machine, 'GET', `/containers/${id}/json`)
    assert.partialDeepStrictEqual(answer, {
      State: { Status: 'exited', OOMKilled: true, ExitCode: 137 },
    })
    assert.match(
      await host('journalctl --unit=slipway-supervisor --output=cat --grep="out of memory"'),
      /^container \S+ ended with exit code 137, out of memory$/m,
    )
    await askHost(machine, 'DELETE', `/containers/${id}`)
  })

  it('has what containers write in its journal, with their image, and forwards it', async () => {
    const image = `${laboratory.registry.guestName}/hello:1`
    const entry = JSON.parse(
      await host('journalctl --output=json --lines=1 CONTAINER_NAME=order-web-1'),
    ) as Readonly<Record<string, string>>
    assert.equal(entry.MESSAGE?.trim(), 'web started')
    assert.equal(entry.CONTAINER_TAG, image)
    await until(machine, SOON_MS, async () => {
      const lines = receiver.seen.flatMap(({ body }) => body.trim().split('\n'))
      const one = lines
        .map((line) => JSON.parse(line))
        .find((line) => line.message === 'web started')
      assert.partialDeepStrictEqual(one, {
        stream: 'stdout',
        container: { name: 'order-web-1', image, project: 'order', service: 'web' },
      })
    })
  })

  it('listens on nothing but the declared ports', async () => {
    const listening = parseListening(await host('cat /proc/1/net/tcp /proc/1/net/tcp6'))
    assert.deepEqual(listening, [PROBE_PORT, PROBE_PORT].slice(0, listening.length))
    assert.ok(listening.length > 0, 'the probe itself must be seen')
    // Published ports are address translation; the DHCP client's answers come to 68.
    const datagrams = parseDatagramPorts(await host('cat /proc/1/net/udp /proc/1/net/udp6'))
    assert.deepEqual(
      datagrams.filter((port) => ![68, 546].includes(port)),
      [],
    )
    assert.match(await host('nft list ruleset'), new RegExp(`dport ${HELLO_PORT}`))
  })

  it('answers the names of its containers on their own network', async () => {
    const [, address] =
      /"IPAddress":\s*"(172\.[\d.]+)"/.exec(await host('slipctl inspect test-hello-1')) ?? []
    assert.ok(address)
    const gateway = address.replace(/\.\d+$/, '.1')
    for (const name of ['test-hello-1', 'hello'])
      assert.match(
        await host(`/opt/probe/busybox nslookup ${name} ${gateway}`),
        new RegExp(`Address(?: 1)?: ${address.replaceAll('.', '\\.')}\\b`),
      )
  })

  it('has grown its root to the whole disk, with slot B made beside it', async () => {
    const table = await host('sfdisk --json /dev/vda')
    const { partitions } = (
      JSON.parse(table) as { partitiontable: { partitions: { name: string; size: number }[] } }
    ).partitiontable
    const { version } = laboratory.image
    assert.deepEqual(
      partitions.map(({ name }) => name),
      [
        'esp',
        `slipway_${version}`,
        `slipway_${version}`,
        '_empty',
        '_empty',
        '_empty',
        '_empty',
        'root',
      ],
    )
    const blocks = Number((await host('df -k / | tail -n 1')).trim().split(/\s+/)[1])
    assert.ok(blocks > 4.5 * 2 ** 20, `root has ${blocks} KiB`)
  })

  it('has a disk identity of its own, not that of the image', async () => {
    await until(machine, 120_000, () => host('test -e /var/lib/slipway/disk-identity'))
    const table = await host('sfdisk --json /dev/vda')
    const own = (JSON.parse(table) as { partitiontable: { id: string } }).partitiontable.id
    const { open } = await import('node:fs/promises')
    const file = await open(laboratory.image.disk.files.raw)
    const header = Buffer.alloc(16)
    await file.read(header, 0, 16, 512 + 56)
    await file.close()
    const hex = (from: number, to: number) => header.subarray(from, to).reverse().toString('hex')
    const shipped = `${hex(0, 4)}-${hex(4, 6)}-${hex(6, 8)}`.toUpperCase()
    assert.notEqual(own.slice(0, 18), shipped)
  })

  it('cannot have its /usr written', async () => {
    const options = (await host("grep ' /usr ' /proc/1/mounts")).split(' ')[3] ?? ''
    assert.ok(options.split(',').includes('ro'), options)
    assert.match(await host('touch /usr/lib/x || true'), /Read-only file system/)
    const [, device = ''] =
      /^\S*\/(dm-\d+|mapper\/\S+)/.exec(await host("grep ' /usr ' /proc/1/mounts")) ?? []
    assert.notEqual(device, '')
    assert.match(await host('cat /sys/block/dm-0/dm/uuid'), /^CRYPT-VERITY-/)
  })

  it('has only the allowed executables, and none that changes who it runs as', async () => {
    const image = await loadImage('qemu', { directory: images })
    const found = (
      await host(
        'cd /; find usr -type f -perm /111 ! -name "*.so" ! -name "*.so.*" ! -path "usr/lib/modules/*"',
      )
    ).split('\n')
    const allowed = new Set(
      Object.keys(image.strip.executables).map((name) => name.replace(/^.*\//, '')),
    )
    allowed.add('slipway-host')
    assert.deepEqual(
      found.filter((path) => !allowed.has(path.replace(/^.*\//, ''))),
      [],
    )
    assert.ok(found.length <= 60, `${found.length} executables`)
    assert.equal(await host('find /usr /etc -type f -perm /6000'), '')
    assert.equal(
      await host('ls /bin/sh /bin/bash /usr/bin/dpkg /usr/bin/perl 2>/dev/null || true'),
      '',
    )
  })

  it('has only the users of its services, and nobody who can log in', async () => {
    const users = (await host('cat /etc/passwd')).split('\n').map((line) => line.split(':'))
    assert.deepEqual(users.map(([name]) => name).sort(), [
      'nobody',
      'root',
      'systemd-network',
      'systemd-resolve',
      'systemd-timesync',
    ])
    assert.deepEqual([...new Set(users.map((fields) => fields[6]))], ['/usr/bin/nologin'])
    const shadow = (await host('cat /etc/shadow')).split('\n').map((line) => line.split(':')[1])
    assert.ok(
      shadow.every((hash) => /^[!*]/.test(hash ?? '')),
      String(shadow),
    )
  })

  it('closes the known gaps of its kernel', async () => {
    const { kernel } = await loadImage('qemu', { directory: images })
    const rules = rulesFor(
      await loadKernelRules({ directory: `${images}/../kernel-configs` }),
      kernel.flavour,
    )
    const closures = gapClosures(rules.gaps)
    const commandLine = (await host('cat /proc/cmdline')).split(' ')
    for (const { argument } of closures.commandLine)
      assert.ok(commandLine.includes(argument), argument)
    for (const { name, value } of closures.sysctls)
      assert.equal(await host(`cat /proc/sys/${name.replaceAll('.', '/')}`), String(value), name)
  })

  confinementTests(
    () => laboratory,
    () => machine,
  )

  it('restarts a container that crashes', async () => {
    const before = await startedAt(machine)
    const pid = /"Pid": ?(\d+)/.exec(await host('slipctl inspect test-hello-1'))?.[1]
    await host(`kill -9 ${pid}`)
    await until(machine, SOON_MS, async () => assert.notEqual(await startedAt(machine), before))
    await helloAnswers(machine, SOON_MS)
  })

  it('keeps containers answering while the supervisor is killed, and adopts them', async () => {
    const before = await startedAt(machine)
    const [pid] = (await systemctl('show --property=MainPID --value slipway-supervisor')).split(
      '\n',
    )
    await systemctl('kill --signal=KILL slipway-supervisor')
    await helloAnswers(machine, 5_000)
    await until(machine, SOON_MS, async () => {
      const now = await systemctl('show --property=MainPID --value slipway-supervisor')
      assert.notEqual(now, pid)
      assert.notEqual(now, '0')
      assert.equal(await startedAt(machine), before)
    })
    await helloAnswers(machine, 5_000)
  })

  it('ends its supervisor without force, while containers go on answering', async () => {
    const before = await startedAt(machine)
    await systemctl('stop slipway-supervisor')
    assert.equal(await systemctl('show --property=Result --value slipway-supervisor'), 'success')
    await helloAnswers(machine, 5_000)
    await systemctl('start slipway-supervisor')
    await until(machine, SOON_MS, async () => assert.equal(await startedAt(machine), before))
  })

  it('runs containers with ids of their own where its settings say so', async () => {
    const settings = '/etc/slipway/supervisor.yaml'
    const file = '/etc/slipway/compose/mapped.yaml'
    await host(`cp ${settings} /run/settings.before`)
    await host(`echo 'userNamespaces: { firstId: 100000 }' >> ${settings}`)
    await systemctl('restart slipway-supervisor')
    const own = {
      image: `${laboratory.registry.guestName}/hello:1`,
      volumes: ['data:/data'],
      command: ['sh', '-c', 'cat /proc/self/uid_map > /data/map && exec sleep 1000'],
      stop_grace_period: '1s',
    }
    const project = { services: { own }, volumes: { data: null } }
    await host(`echo '${JSON.stringify(project)}' > ${file}`)
    const data = '/var/lib/slipway/volumes/mapped_data/_data'
    await until(machine, 120_000, async () => {
      assert.match(await host(`cat ${data}/map`), /^\s*0\s+100000\s+65536$/)
    })
    assert.equal(await host(`stat -c %u ${data}/map`), '0')
    const pid = /"Pid": ?(\d+)/.exec(await host('slipctl inspect mapped-own-1'))?.[1]
    assert.match(await host(`cat /proc/${pid}/status`), /^Uid:\t100000\t/m)
    await host(`rm ${file}; cp /run/settings.before ${settings}`)
    await systemctl('restart slipway-supervisor')
    await until(machine, SOON_MS, async () => {
      assert.doesNotMatch(await host('slipctl ps --all'), /mapped-own-1/)
    })
    await helloAnswers(machine, SOON_MS)
  })

  it('comes back the same after a reboot, without the work of a first boot', async () => {
    const identity = 'cat /etc/machine-id; sfdisk --json /dev/vda | grep -i id'
    const before = await host(identity)
    await until(machine, SOON_MS, async () => assert.deepEqual(await notes(), startedInOrder))
    // What runs must come back without anybody who serves images.
    await laboratory.registry.stop()
    const { firstLine } = await reboot(machine)
    await helloAnswers(machine)
    assert.equal(await host(identity), before)
    const again = machine.console.lines.slice(firstLine).map(({ text }) => text)
    const firstBootWork = /Starting .*(slipway-ignition|Provision this host)|Detected first boot/
    assert.deepEqual(
      again.filter((text) => firstBootWork.test(text)),
      [],
    )
    assert.equal(again.filter((text) => /Linux version/.test(text)).length, 1)
    await isRunning()
  })

  it('had stopped its containers for the reboot by their own signals, dependants first, and runs them again', async () => {
    const stoppedInOrder = [
      ...['web got INT', 'web ends', 'api got TERM', 'api ends'],
      ...['db got USR1', 'db reaches the network', 'db ends'],
    ]
    await until(machine, SOON_MS, async () =>
      assert.deepEqual(await notes(), [...startedInOrder, ...stoppedInOrder, ...startedInOrder]),
    )
    const journal = (boot: number) =>
      host(`journalctl --no-pager -o cat -b ${boot} -u slipway-supervisor -u slipway-containers`)
    assert.match(await journal(-1), /all containers have ended/)
    assert.doesNotMatch(await journal(-1), /order-\w+-1 did not end|are left/)
    assert.doesNotMatch(await journal(0), /pulling/)
  })

  it('powers off cleanly when its power button is pressed', async () => {
    const { forced } = await machine.powerOff({ timeoutMs: 120_000 })
    assert.equal(forced, false)
    machine.throwIfFailed()
  })
})

const startedInOrder = ['db started', 'api started', 'web started']

/** Services that note in a volume when they start, which signal they get, and what becomes of them then. */
function orderedProject({ registry }: Laboratory): object {
  const service = (name: string, signal: string, atEnd = 'true') => ({
    image: `${registry.guestName}/hello:1`,
    logging: { options: { tag: '{{.ImageName}}' } },
    volumes: ['notes:/notes'],
    command: [
      'sh',
      '-c',
      `note() { echo "${name} $$1" >> /notes/notes; echo "${name} $$1"; }
       trap 'note "got ${signal}"; ${atEnd}; sleep 1; note ends; exit 0' ${signal}
       note started
       while true; do sleep 60 & wait $$!; done`,
    ],
  })
  const reach = `ping -c 1 -W 5 ${HOST_SEEN_BY_GUEST} > /dev/null && note "reaches the network"`
  return {
    services: {
      web: { ...service('web', 'INT'), depends_on: ['api'], stop_signal: 'SIGINT' },
      api: { ...service('api', 'TERM'), depends_on: ['db'], stop_grace_period: '20s' },
      db: { ...service('db', 'USR1', reach), stop_signal: 'USR1' },
    },
    volumes: { notes: null },
  }
}

/** Of the supervisor: what every test host has, and where its logs go. */
function settings({ registry }: Laboratory, { port }: WebServer): string {
  const url = `http://${HOST_SEEN_BY_GUEST}:${port}/lines`
  return stringify({
    registries: { [registry.guestName]: { insecure: true } },
    logs: { forward: { lines: { type: 'json-lines', url } } },
  })
}

async function startedAt(machine: VirtualMachine): Promise<string> {
  const text = await onHost(machine, 'slipctl inspect test-hello-1')
  return /"StartedAt": ?"([^"]*)"/.exec(text)?.[1] ?? ''
}

/** Ports of sockets in state LISTEN (0A) in the format of /proc/net/tcp. */
function parseListening(text: string): number[] {
  return sockets(text)
    .filter((fields) => fields[3] === '0A')
    .map(localPort)
}

function parseDatagramPorts(text: string): number[] {
  return [...new Set(sockets(text).map(localPort))]
}

/** All but those that answer the names of containers, at the addresses of their own networks alone. */
function sockets(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => /^\d+:$/.test(fields[0] ?? ''))
    .filter((fields) => !isOnContainerNetwork(fields[1] ?? '') || localPort(fields) !== 53)
}

/** 172.16.0.0/12, where the subnets of containers are taken from; IPv4 has its bytes from the right. */
function isOnContainerNetwork(local: string): boolean {
  const [second, first] = (/^[0-9A-F]{4}([0-9A-F]{2})([0-9A-F]{2}):/.exec(local) ?? [])
    .slice(1)
    .map((byte) => Number.parseInt(byte, 16))
  return first === 172 && second !== undefined && second >> 4 === 1
}

function localPort(fields: string[]): number {
  return Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)
}
