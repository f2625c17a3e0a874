import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Container } from '../containers/container.ts'
import type { ContainerSpec, PortBinding } from '../containers/spec.ts'
import { testContainer } from '../runtime/testing/container.ts'
import { serviceNames } from './metadata.ts'
import { servicesOf } from './services-of.ts'

const host = { name: 'host1', address: '192.0.2.7', explicit: false }
const port = (containerPort: number, more: Partial<PortBinding> = {}): PortBinding => ({
  hostIp: '0.0.0.0',
  hostPort: containerPort + 8000,
  containerPort,
  protocol: 'tcp',
  ...more,
})

function running(spec: Partial<ContainerSpec>, state: Partial<Container['state']> = {}): Container {
  const container = testContainer({ image: 'registry:5000/shop/web:1@sha256:ab', ...spec })
  return { ...container, state: { ...container.state, status: 'running', ...state } }
}
const brief = (container: Container, explicit = false) =>
  servicesOf(container, { ...host, explicit }).map(({ id, name }) => [id, name])

describe('the services of a container', () => {
  it('are its published ports, by the name of its image', () => {
    assert.deepEqual(servicesOf(running({ ports: [port(80)] }), host), [
      {
        id: 'host1:shop-web-1:80',
        name: 'web',
        address: '192.0.2.7',
        port: 8080,
        protocol: 'tcp',
        tags: [],
        attributes: {},
        check: { interval: '10s' },
        health: 'passing',
        container: 'shop-web-1',
      },
    ])
  })

  it('have the port in their names when there are several, unless each has a name', () => {
    const ports = [port(80), port(53, { protocol: 'udp' })]
    const labels = { SERVICE_NAME: 'api', SERVICE_53_NAME: 'names', SERVICE_53_TAGS: 'a, b' }
    assert.deepEqual(brief(running({ ports })), [
      ['host1:shop-web-1:80', 'web-80'],
      ['host1:shop-web-1:53:udp', 'web-53'],
    ])
    const services = servicesOf(running({ ports, labels }), host)
    assert.deepEqual(
      services.map(({ name, tags }) => [name, tags]),
      [
        ['api-80', []],
        ['names', ['a', 'b', 'udp']],
      ],
    )
  })

  it('are none of one that does not run, says to be ignored, or publishes nothing', () => {
    assert.deepEqual(brief(running({ ports: [port(80)] }, { status: 'exited' })), [])
    const labels = { SERVICE_80_IGNORE: 'true' }
    assert.deepEqual(brief(running({ ports: [port(80), port(81)], labels })), [
      ['host1:shop-web-1:81', 'web-81'],
    ])
    assert.deepEqual(brief(running({})), [])
  })

  it('are those with a name alone where the host wants it so', () => {
    const labels = { SERVICE_81_NAME: 'api' }
    assert.deepEqual(brief(running({ ports: [port(80), port(81)], labels }), true), [
      ['host1:shop-web-1:81', 'api'],
    ])
  })

  it('are what it exposes when it is on the network of the host', () => {
    const namespaces = { network: 'host' } as const
    assert.deepEqual(
      servicesOf(running({ namespaces, exposedPorts: ['80/tcp', '5000/sctp'] }), host).map(
        (service) => service.port,
      ),
      [80],
    )
  })

  it('are where others reach them, if they do', () => {
    const local = port(80, { hostIp: '127.0.0.1', hostPort: 1 })
    const open = port(80, { hostIp: '192.0.2.9', hostPort: 2 })
    const places = (...ports: PortBinding[]) =>
      servicesOf(running({ ports }), host).map((service) => [service.address, service.port])
    assert.deepEqual(places(local, open), [['192.0.2.9', 2]])
    assert.deepEqual(places(local), [['127.0.0.1', 1]])
  })

  it('have ids of their own whatever the container says', () => {
    const ports = [port(80), port(81)]
    assert.deepEqual(brief(running({ ports, labels: { SERVICE_ID: 'mine' } })), [
      ['mine', 'web-80'],
      ['host1:shop-web-1:81', 'web-81'],
    ])
  })

  it('are checked as it says, and have the rest as attributes; labels win over variables', () => {
    const [service] = servicesOf(
      running({
        ports: [port(80)],
        environment: ['SERVICE_REGION=north', 'SERVICE_CHECK_HTTP=/old', 'OTHER=x'],
        labels: {
          SERVICE_CHECK_HTTP: '/health',
          SERVICE_CHECK_TCP: 'true',
          SERVICE_CHECK_INTERVAL: '5s',
          SERVICE_CHECK_TIMEOUT: 'soon',
          SERVICE_CHECK_TTL: '1m30s',
        },
      }),
      host,
    )
    assert.deepEqual(service?.attributes, { region: 'north' })
    assert.deepEqual(service?.check, {
      http: 'http://192.0.2.7:8080/health',
      tcp: '192.0.2.7:8080',
      interval: '5s',
      ttl: '1m30s',
    })
  })

  for (const [state, health] of [
    [{}, 'passing'],
    [{ health: 'healthy' }, 'passing'],
    [{ health: 'starting' }, 'starting'],
    [{ health: 'unhealthy' }, 'critical'],
    [{ health: 'healthy', paused: true }, 'critical'],
  ] as const)
    it(`are ${health} when it is ${JSON.stringify(state)}`, () =>
      assert.equal(servicesOf(running({ ports: [port(80)] }, state), host)[0]?.health, health))
})

it('names of services are names of the container on its networks, if a host can have them', () => {
  const labels = { SERVICE_NAME: 'api', SERVICE_81_NAME: 'two.words', SERVICE_82_NAME: 'no good' }
  assert.deepEqual(serviceNames(testContainer({ labels })), ['api', 'two.words'])
  assert.deepEqual(
    serviceNames(testContainer({ labels: { ...labels, SERVICE_IGNORE: 'yes' } })),
    [],
  )
})
