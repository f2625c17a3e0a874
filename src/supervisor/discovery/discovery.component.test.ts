import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../testing/host.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { eventually } from '../testing/world.ts'

const settings = {
  discovery: {
    kind: 'etcd',
    address: 'http://127.0.0.1:2379',
    ttl: '5s',
    host: 'host1',
    advertise: '192.0.2.7',
  },
}
const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('services of a host', () => {
  let host: Host
  let etcd: ChildProcess
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps, settings)
    etcd = startEtcd('etcd')
  })

  function startEtcd(data: string): ChildProcess {
    return host.world.start(
      'etcd',
      ...['--data-dir', `${host.world.directory}/${data}`, '--log-level', 'error'],
      ...['--listen-client-urls', 'http://127.0.0.1:2379'],
      ...['--advertise-client-urls', 'http://127.0.0.1:2379'],
      ...['--listen-peer-urls', 'http://127.0.0.1:2380'],
    )
  }
  /** What etcd answers; undefined when it is not there. */
  const ask = async (path: string, body: object) => {
    const { stdout } = await host.world.run(
      ...(['busybox', 'wget', '-q', '-O', '-'] as const),
      ...['--post-data', JSON.stringify(body), `http://127.0.0.1:2379/v3/kv/${path}`],
    )
    return stdout === ''
      ? undefined
      : (JSON.parse(stdout) as { kvs?: { [name: string]: string }[] })
  }
  const put = (key: string, value: string) => ask('put', { key: base64(key), value: base64(value) })
  const keys = async () => {
    const answer = await ask('range', { key: base64('/'), range_end: base64('0') })
    return (answer?.kvs ?? []).map(({ key = '' }) => Buffer.from(key, 'base64').toString())
  }
  const contentOf = async (key: string) => {
    const value = (await ask('range', { key: base64(key) }))?.kvs?.[0]?.value
    return value === undefined
      ? undefined
      : (JSON.parse(Buffer.from(value, 'base64').toString()) as Record<string, unknown>)
  }
  const names = async () =>
    (await keys()).filter((key) => key.startsWith('/skydns/')).map((key) => key.split('/')[4])
  const known = (...wanted: string[]) =>
    eventually(`etcd knows ${wanted}`, async () => `${await names()}` === `${wanted}`)
  const output = async (line: string) => {
    const { status, stdout, stderr } = await host.docker.run(line.replaceAll('IMAGE', host.image))
    assert.equal(status, 0, `${line}: ${stderr}`)
    return stdout
  }

  it('are where CoreDNS looks for them, from when they are healthy', async () => {
    await output(
      'docker run -d --name web -p 8080:80 --label SERVICE_NAME=shop --env SERVICE_TAGS=a,b --label SERVICE_PRIORITY=5 --health-cmd "test -e /ready" --health-interval 200ms IMAGE',
    )
    await output('docker run -d --name quiet -p 8081:80 --label SERVICE_IGNORE=1 IMAGE')
    await output('docker run -d --name plain -p 8082:80 IMAGE')
    await known('busybox')
    await output('docker exec web busybox touch /ready')
    await known('busybox', 'shop')
    const key = (await keys()).find((one) => one.startsWith('/skydns/local/cluster/shop/')) ?? ''
    assert.match(key, /\/host1-web-80-[0-9a-f]{8}$/)
    const value = await contentOf(key)
    assert.deepEqual(
      [value?.host, value?.port, value?.ttl, value?.priority, value?.tags],
      ['192.0.2.7', 8080, 5, 5, ['a', 'b']],
    )
  })

  it('are told by slipctl discover, with their health', async () => {
    await output('docker pause plain')
    const { stdout } = await host.world.slipctl('discover')
    assert.equal(
      stdout.replaceAll(/ +/g, ' '),
      'NAME ADDRESS HEALTH CONTAINER TAGS\nbusybox 192.0.2.7:8082/tcp critical plain\nshop 192.0.2.7:8080/tcp passing web a,b\n',
    )
    const json = await host.world.slipctl('discover', '--json', 'shop')
    const [service] = JSON.parse(json.stdout) as Record<string, unknown>[]
    assert.deepEqual(
      [service?.id, service?.port, service?.attributes],
      ['host1:web:80', 8080, { priority: '5' }],
    )
    const missing = await host.world.slipctl('discover', 'nosuch')
    assert.equal(missing.status, 1)
    assert.match(missing.stderr, /SLIPWAY_DISCOVERY_NO_SUCH_SERVICE|offers the service nosuch/)
  })

  it('are gone when they are not well or end, and come back', async () => {
    await known('shop')
    await output('docker unpause plain')
    await known('busybox', 'shop')
    await output('docker stop --time 0 web')
    await known('busybox')
    await output('docker start web')
    await output('docker exec web busybox touch /ready')
    await known('busybox', 'shop')
  })

  it('are found by their names on networks of their containers', async () => {
    await output('docker network create net')
    await output('docker run -d --name api --network net --label SERVICE_80_NAME=backend IMAGE')
    assert.equal(
      await output('docker run --rm --network net IMAGE busybox wget -q -O - http://backend/'),
      'hello from the container\n',
    )
    await output('docker rm --force api')
    await output('docker network rm net')
  })

  it('that ended while the supervisor was dead are cleared away, those of other hosts are not', async () => {
    await put('/skydns/local/cluster/theirs/host2-x', '{"host":"192.0.2.8"}')
    await put(
      '/slipway/discovery/host2/x',
      '{"id":"x","key":"/skydns/local/cluster/theirs/host2-x","fingerprint":"0"}',
    )
    const pid = (await output("docker inspect --format '{{.State.Pid}}' plain")).trim()
    await host.supervisor.kill('SIGKILL')
    await host.world.run('kill', '-9', pid)
    assert.deepEqual(await names(), ['busybox', 'shop', 'theirs'])
    Object.assign(host, { supervisor: await host.world.startSupervisor() })
    await known('shop', 'theirs')
  })

  it('are told anew to an etcd that was away and has lost them, and no container waits', async () => {
    const ended = once(etcd, 'close')
    // nsenter waits for it, and would not pass a signal on.
    const { stdout } = await host.world.run('busybox', 'pidof', 'etcd')
    await host.world.run('kill', '-9', stdout.trim())
    await ended
    await output('docker run -d --name late -p 8083:80 --label SERVICE_NAME=late IMAGE')
    await host.supervisor.said(/etcd at 127\.0\.0\.1:2379: .* does not answer/)
    assert.match((await host.world.slipctl('discover', 'late')).stderr, /is not up to date/)
    etcd = startEtcd('etcd-anew')
    await known('late', 'shop')
    await host.supervisor.said(/is up to date again/)
  })

  it('go with their host', async () => {
    await host.supervisor.kill('SIGKILL')
    await known()
    Object.assign(host, { supervisor: await host.world.startSupervisor() })
    await known('late', 'shop')
  })
})
