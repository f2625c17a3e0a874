import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../../testing/host.ts'
import { cleanUpsOfSuite } from '../../testing/suite.ts'
import { eventually, type World } from '../../testing/world.ts'

/** What networks leave on a host: devices, rules, addresses of netavark, and name spaces that are pinned. */
async function remains(world: World): Promise<string> {
  const { stdout } = await world.run(
    'bash',
    '-c',
    [
      'busybox ip -o link | while read _ name _; do echo "link $name"; done',
      'nft list ruleset | grep -cE "172|10\\.|fd00|br-" || true',
      'grep -c "/run/netns/" /proc/self/mountinfo || true',
      `busybox ls ${world.directory}/run/netns ${world.directory}/run/netavark/aardvark-dns 2>/dev/null`,
    ].join('; '),
  )
  return stdout.replaceAll(/@if\d+/g, '')
}

/** Another machine on a link of the host, which sends what is for the network `shop` to the host. */
async function neighbour({ world, docker }: Host) {
  const { stdout } = await docker.run(
    `docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' shop`,
  )
  const gateway = stdout.trim()
  const script = [
    'unshare --net sleep 10000 >/dev/null 2>&1 <&- & pid=$!',
    // Until it has left the host's namespace.
    'while [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done',
    'ip link add uplink type veth peer name eth0 netns $pid',
    'ip address add 192.0.2.1/24 dev uplink && ip link set uplink up',
    'nsenter --net=/proc/$pid/ns/net ip address add 192.0.2.2/24 dev eth0',
    'nsenter --net=/proc/$pid/ns/net ip link set eth0 up',
    `nsenter --net=/proc/$pid/ns/net ip route add ${gateway} via 192.0.2.1`,
    'echo $pid',
  ]
  const made = await world.run('bash', '-c', `exec 2>&1; ${script.join('; ')}`)
  const pid = made.stdout.trim()
  assert.match(pid, /^\d+$/, made.stdout)
  const run = (...command: readonly string[]) =>
    world.run('nsenter', `--net=/proc/${pid}/ns/net`, 'timeout', '1', ...command)
  return { gateway, run }
}

describe('networks by the docker command line', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })
  const docker = (line: string) => host.docker.run(line.replaceAll('IMAGE', host.image))
  const output = async (line: string) => {
    const { status, stdout, stderr } = await docker(line)
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }
  /** The addresses that a name has for a container. */
  const lookUp = async (container: string, name: string) => {
    const { stdout } = await docker(`docker exec ${container} busybox nslookup -type=a ${name}`)
    return [...stdout.matchAll(/^Name:.*\nAddress: (\S+)$/gm)].map(([, address]) => address)
  }
  const addressOf = async (container: string, network: string) =>
    (
      await output(
        `docker inspect --format '{{(index .NetworkSettings.Networks "${network}").IPAddress}}' ${container}`,
      )
    ).trim()
  const fetched = (container: string, at: string) =>
    docker(`docker exec ${container} busybox wget -q -T 2 -O - http://${at}/`)

  it('let containers find each other by name, alias, host name and short id, and lead outside', async () => {
    await output('docker network create shop')
    await output('docker run -d --name web --network shop --network-alias www --hostname w IMAGE')
    await output('docker run -d --name client --network shop IMAGE sleep 1000')
    const address = await addressOf('web', 'shop')
    const id = (await output('docker inspect --format "{{.Id}}" web')).slice(0, 12)
    for (const name of ['web', 'www', 'w', id])
      assert.deepEqual(await lookUp('client', name), [address], name)
    assert.equal((await fetched('client', 'web')).stdout, 'hello from the container\n')
    assert.match(await output('docker exec client busybox ip route'), /^default via /)
  })

  it('answer with all containers that have an alias', async () => {
    for (const name of ['one', 'two'])
      await output(
        `docker run -d --name ${name} --network shop --network-alias both IMAGE sleep 1000`,
      )
    const both = [await addressOf('one', 'shop'), await addressOf('two', 'shop')]
    assert.deepEqual((await lookUp('client', 'both')).sort(), both.sort())
    await output('docker rm --force one')
    assert.deepEqual(await lookUp('client', 'both'), [await addressOf('two', 'shop')])
    await output('docker rm --force two')
  })

  it('are apart from each other', async () => {
    await output('docker network create other')
    await output('docker run -d --name stranger --network other IMAGE sleep 1000')
    assert.deepEqual(await lookUp('stranger', 'web'), [])
    assert.notEqual((await fetched('stranger', await addressOf('web', 'shop'))).status, 0)
  })

  it('are connected and disconnected while a container runs', async () => {
    await output('docker network connect --alias guest shop stranger')
    assert.equal((await fetched('stranger', 'web')).stdout, 'hello from the container\n')
    assert.deepEqual(await lookUp('client', 'guest'), [await addressOf('stranger', 'shop')])
    assert.match(await output('docker exec stranger busybox ip -o link'), /eth0.*\n.*eth1/s)
    await output('docker network disconnect shop stranger')
    assert.deepEqual(await lookUp('client', 'guest'), [])
    assert.doesNotMatch(await output('docker exec stranger busybox ip -o link'), /eth1/)
    await output('docker rm --force stranger')
  })

  it('give addresses as asked, of both families, and may lead nowhere', async () => {
    await output(
      'docker network create --internal --ipv6 --subnet 10.77.0.0/24 --subnet fd00:77::/64 inside',
    )
    await output(
      'docker run -d --name fixed --network inside --ip 10.77.0.99 --ip6 fd00:77::99 --mac-address 02:00:00:00:00:77 IMAGE',
    )
    const devices = await output('docker exec fixed busybox ip address show eth0')
    for (const part of ['10.77.0.99/24', 'fd00:77::99/64', '02:00:00:00:00:77'])
      assert.ok(devices.includes(part), devices)
    assert.doesNotMatch(await output('docker exec fixed busybox ip route'), /default/)
    const second = await docker('docker run --rm --network inside --ip 10.77.0.99 IMAGE echo')
    assert.match(second.stderr, /Address already in use/)
    await output('docker rm --force fixed')
    await output('docker network rm inside')
  })

  it('publish ports of their containers', async () => {
    await output('docker run -d --name public --network shop --network other -p 8099:80 IMAGE')
    await eventually('the port answers', async () => {
      return (await host.world.get('http://127.0.0.1:8099/')) === 'hello from the container\n'
    })
    await output('docker rm --force public')
  })

  it('answer at 127.0.0.11 too, whichever networks a container has meanwhile', async () => {
    const asked = async (name: string) =>
      (await docker(`docker exec late busybox nslookup -type=a ${name} 127.0.0.11`)).stdout
    const address = await addressOf('web', 'shop')
    assert.ok(
      (await output('docker exec client busybox nslookup -type=a web 127.0.0.11')).includes(
        `Address: ${address}\n`,
      ),
    )
    await output('docker run -d --name late IMAGE sleep 1000')
    await output('docker network connect shop late')
    assert.ok((await asked('web')).includes(`Address: ${address}\n`))
    await output('docker network create second')
    await output('docker network connect second late')
    await output('docker network disconnect shop late')
    const own = await addressOf('late', 'second')
    assert.ok((await asked('late')).includes(`Address: ${own}\n`))
    await output('docker rm --force late')
    await output('docker network rm second')
  })

  it('have their server of names again when it ends', async () => {
    const file = `${host.world.directory}/run/netavark/aardvark-dns/aardvark.pid`
    const pid = async () => (await host.world.run('cat', file)).stdout
    const before = await pid()
    assert.equal((await host.world.run('kill', '-9', before)).status, 0)
    await host.supervisor.said(/the server of names had ended/)
    assert.notEqual(await pid(), before)
    assert.deepEqual(await lookUp('client', 'web'), [await addressOf('web', 'shop')])
  })

  it('tell their names to nobody beside the host, also after a restart of the supervisor', async () => {
    const { gateway, run } = await neighbour(host)
    const askedFrom = async (where: 'host' | 'neighbour') => {
      const ask = ['busybox', 'nslookup', '-type=a', 'web', gateway] as const
      const { stdout } = where === 'host' ? await host.world.run(...ask) : await run(...ask)
      return stdout.includes(`Address: ${await addressOf('web', 'shop')}\n`)
    }
    assert.equal(await askedFrom('host'), true)
    assert.equal(await askedFrom('neighbour'), false)
    await host.world.run('nft', 'delete', 'table', 'inet', 'slipway')
    assert.equal(await askedFrom('neighbour'), true)
    await host.supervisor.kill('SIGTERM')
    Object.assign(host, { supervisor: await host.world.startSupervisor() })
    assert.equal(await askedFrom('neighbour'), false)
  })

  it('may keep their containers apart', async () => {
    await output(
      'docker network create --opt com.docker.network.bridge.enable_icc=false --ipv6 apart',
    )
    await output('docker run -d --name alone --network apart -p 8097:80 IMAGE')
    await output('docker run -d --name stray --network apart --cap-add NET_ADMIN IMAGE sleep 1000')
    const six = (
      await output(
        `docker inspect --format '{{.NetworkSettings.Networks.apart.GlobalIPv6Address}}' alone`,
      )
    ).trim()
    assert.match(six, /^fd/)
    const gateway = (
      await output(`docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' apart`)
    ).trim()
    assert.deepEqual(await lookUp('stray', 'alone'), [await addressOf('alone', 'apart')])
    for (const at of ['alone', `[${six}]`]) assert.notEqual((await fetched('stray', at)).status, 0)
    // By way of the host it is no better.
    await output(
      `docker exec stray busybox ip route add ${await addressOf('alone', 'apart')}/32 via ${gateway}`,
    )
    assert.notEqual((await fetched('stray', 'alone')).status, 0)
    assert.equal(await host.world.get('http://127.0.0.1:8097/'), 'hello from the container\n')
    await output('docker rm --force alone stray')
    await output('docker network rm apart')
  })

  it('publish ports of a container that comes to one that leads outside while it runs', async () => {
    await output('docker network create --internal closed')
    await output('docker run -d --name opened --network closed -p 8096:80 IMAGE')
    assert.equal(await host.world.get('http://127.0.0.1:8096/'), undefined)
    await output('docker network connect shop opened')
    assert.equal(await host.world.get('http://127.0.0.1:8096/'), 'hello from the container\n')
    await output('docker rm --force opened')
    await output('docker network rm closed')
  })

  it('publish the ports of a container that leaves the one that they led to by the next', async () => {
    await output('docker network create left')
    await output('docker run -d --name mover --network left -p 8095:80 IMAGE')
    await output('docker network connect shop mover')
    await output('docker network disconnect left mover')
    assert.equal(await host.world.get('http://127.0.0.1:8095/'), 'hello from the container\n')
    assert.deepEqual(await lookUp('client', 'mover'), [await addressOf('mover', 'shop')])
    await output('docker network disconnect shop mover')
    assert.equal(await host.world.get('http://127.0.0.1:8095/'), undefined)
    await output('docker network connect left mover')
    assert.equal(await host.world.get('http://127.0.0.1:8095/'), 'hello from the container\n')
    await output('docker rm --force mover')
    await output('docker network rm left')
  })

  it('outlive the supervisor, whose SIGKILL in the middle of things leaves nothing behind', async () => {
    const names = 'a b c d e f'
    const work = host.docker.run(
      `for n in ${names}; do docker network create net-$n; docker run -d --name box-$n --network net-$n ${host.image} sleep 1000; docker network connect shop box-$n; done; true`,
    )
    await eventually('it works', async () => (await docker('docker inspect box-b')).status === 0)
    await host.supervisor.kill('SIGKILL')
    await work
    const supervisor = await host.world.startSupervisor()
    Object.assign(host, { supervisor })
    assert.equal((await fetched('client', 'web')).stdout, 'hello from the container\n')
    const running = (await output('docker ps --filter name=box- --format "{{.Names}}"'))
      .trim()
      .split('\n')
    assert.ok(running.length >= 1)
    for (const name of running) {
      const networks = Object.keys(
        JSON.parse(
          await output(`docker inspect --format '{{json .NetworkSettings.Networks}}' ${name}`),
        ) as object,
      )
      const devices = await output(`docker exec ${name} busybox ip -o link`)
      assert.equal(devices.trim().split('\n').length, networks.length + 1, `${name}: ${devices}`)
      const addresses = await Promise.all(networks.map((network) => addressOf(name, network)))
      assert.deepEqual((await lookUp(name, name)).sort(), addresses.sort())
    }
    await output('docker rm --force $(docker ps --all --quiet --filter name=box-)')
    await output('docker network prune --force')
  })

  it('leave no device, rule, name space or entry when their containers have ended', async () => {
    await output('docker rm --force web client')
    await output('docker network prune --force')
    const before = await remains(host.world)
    await output('docker network create gone')
    await output('docker run -d --name last --network gone -p 8098:80 IMAGE')
    await output('docker network connect bridge last')
    assert.notEqual(await remains(host.world), before)
    await output('docker rm --force last')
    await output('docker network rm gone')
    assert.equal(await remains(host.world), before)
  })
})
