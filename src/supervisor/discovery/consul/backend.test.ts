import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../testing/world.ts'
import { Discovery } from '../discovery.ts'
import type { Service } from '../service.ts'
import type { DiscoverySettings } from '../settings.ts'
import { ConsulAgent } from '../testing/consul-agent.ts'
import { testService } from '../testing/service.ts'
import { ConsulBackend } from './backend.ts'

const web = testService({ tags: ['a'], attributes: { region: 'north', 'a b': 'c' } })

/** Discovery of the host `host1` with an agent, and what it says. */
function begin(
  context: TestContext,
  agent: ConsulAgent,
  services: Service[],
  more: Partial<DiscoverySettings> = {},
) {
  const settings: DiscoverySettings = {
    kind: 'consul',
    address: agent.url,
    ttlMs: 300,
    domain: '',
    explicit: false,
    ...more,
  }
  const words: string[] = []
  const say = (message: string) => void words.push(message)
  const discovery = new Discovery({
    backend: new ConsulBackend(settings, 'host1'),
    services: async () => services,
    log: { info: say, warning: say, error: say },
  })
  context.after(() => discovery.close())
  return { discovery, words }
}

async function startAgent(context: TestContext): Promise<ConsulAgent> {
  const agent = await ConsulAgent.start()
  context.after(() => agent.close())
  return agent
}

describe('services at an agent of Consul', () => {
  it('are registered with a check that we answer, and those that they ask for', async (context) => {
    const agent = await startAgent(context)
    const check = { http: 'http://192.0.2.7:8080/health', interval: '5s', timeout: '1s' }
    begin(context, agent, [{ ...web, check }, testService({ id: 'local', address: '127.0.0.1' })])
    await eventually('it is registered', async () => agent.services.size > 0)
    const [service, ...others] = agent.services.values()
    assert.deepEqual(others, [])
    const { 'slipway-fingerprint': _print, ...meta } = service?.Meta ?? {}
    assert.deepEqual(
      { ...service, Meta: meta },
      {
        ID: 'host1:web:80',
        Name: 'web',
        Tags: ['a'],
        Address: '192.0.2.7',
        Port: 8080,
        Meta: { region: 'north', a_b: 'c', 'slipway-host': 'host1' },
        Checks: [
          {
            CheckID: 'slipway:host1:web:80',
            Name: 'container',
            TTL: '300ms',
            Status: 'passing',
            DeregisterCriticalServiceAfter: '10m',
          },
          { HTTP: 'http://192.0.2.7:8080/health', Interval: '5s', Timeout: '1s' },
        ],
      },
    )
  })

  it('are critical when their containers are not well, and are said to be there again and again', async (context) => {
    const agent = await startAgent(context)
    const services = [web]
    const { discovery } = begin(context, agent, services)
    const beats = () => agent.asked.filter((line) => line.startsWith('PUT /v1/agent/check/update'))
    await eventually('it is said twice', async () => beats().length > 1)
    services[0] = { ...web, health: 'critical' }
    discovery.poke()
    const status = () => agent.checks.get('slipway:host1:web:80')
    await eventually('it is critical', async () => status()?.status === 'critical')
    assert.equal(status()?.output, 'container web: critical')
  })

  it('of an earlier run of ours are cleared away, those of others are not', async (context) => {
    const agent = await startAgent(context)
    const first = begin(context, agent, [web, testService({ id: 'gone' })])
    await eventually('both are registered', async () => agent.services.size === 2)
    await first.discovery.close()
    const [any] = agent.services.values()
    assert.ok(any)
    agent.services.set('theirs', { ...any, ID: 'theirs', Meta: { 'slipway-host': 'host2' } })
    agent.services.set('foreign', { ...any, ID: 'foreign', Meta: {} })
    agent.asked.length = 0
    const { discovery } = begin(context, agent, [web])
    await eventually('one is gone', async () => !agent.services.has('gone'))
    assert.deepEqual([...agent.services.keys()].sort(), ['foreign', 'host1:web:80', 'theirs'])
    assert.ok(!agent.asked.includes('PUT /v1/agent/service/register'))
    assert.equal(discovery.problem, undefined)
  })

  it('are told anew to an agent that has lost them', async (context) => {
    const agent = await startAgent(context)
    const { words } = begin(context, agent, [web])
    await eventually('it is registered', async () => agent.services.size === 1)
    agent.forget()
    await eventually('it is registered again', async () => agent.services.size === 1)
    assert.ok(words.some((line) => line.includes('has lost this host')))
  })

  it('are registered once an agent that was broken or away answers', async (context) => {
    const agent = await startAgent(context)
    agent.broken = 500
    const { discovery, words } = begin(context, agent, [web])
    await eventually('it is told', async () => /No cluster leader/.test(discovery.problem ?? ''))
    agent.broken = undefined
    await eventually('it is registered', async () => agent.services.size === 1)
    await eventually('it is well', async () => discovery.problem === undefined)
    assert.equal(words.filter((line) => line.includes('No cluster leader')).length, 1)
  })

  it('need the token of the file, as it is now', async (context) => {
    const agent = await startAgent(context)
    agent.token = 'right'
    const directory = await mkdtemp(join(tmpdir(), 'slipway-consul-'))
    context.after(() => rm(directory, { recursive: true }))
    const secretFile = join(directory, 'token')
    const { discovery } = begin(context, agent, [web], { secretFile })
    await eventually('no file', async () => /cannot be read/.test(discovery.problem ?? ''))
    await writeFile(secretFile, 'wrong\n')
    await eventually('refused', async () => /403: Permission denied/.test(discovery.problem ?? ''))
    await writeFile(secretFile, 'right\n')
    await eventually('it is registered', async () => agent.services.size === 1)
  })

  it('do not hold up the end of the supervisor, even if nobody ever answers', async (context) => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    context.after(() => silent.close())
    const { port } = silent.address() as { port: number }
    const agent = await startAgent(context)
    const address = new URL(`http://127.0.0.1:${port}`)
    const { discovery } = begin(context, agent, [web], { address })
    await once(silent, 'connection')
    await discovery.close()
    assert.deepEqual(agent.asked, [])
  })
})
