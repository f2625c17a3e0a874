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
