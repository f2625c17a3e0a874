import assert from 'node:assert/strict'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { serveBusybox } from '../testing/busybox-image.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'
import { eventually, World } from '../testing/world.ts'

type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('the Engine API', () => {
  let world: World
  let image: string
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    world = await World.open(cleanUps)
    image = await serveBusybox(world)
    await world.declare(
      'base.yaml',
      `services: { seed: { image: "${image}", command: [sleep, "100000"] } }`,
    )
    const supervisor = await world.startSupervisor()
    await supervisor.said(/started container base-seed-1/)
  })
  const socketPath = () => join(world.directory, 'run/supervisor.sock')

  const ask = (
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      const type = text === undefined ? {} : { 'Content-Type': 'application/json' }
      const sent = request({
        socketPath: socketPath(),
        method,
        path,
        headers: { ...type, ...headers },
      })
      sent.once('error', reject)
      sent.once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('latin1'),
          }),
        )
      })
      sent.end(text)
    })

  const create = async (body: object): Promise<string> => {
    const { status, body: text } = await ask('POST', '/v1.45/containers/create', {
      body: { Image: image, ...body },
    })
    assert.equal(status, 201, text)
    return (JSON.parse(text) as { Id: string }).Id
  }

  /** Sends bytes as they are, and gives all that comes until the other side ends. */
  const exchange = (text: string, more: readonly string[] = []): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ path: socketPath(), allowHalfOpen: true })
      const chunks: Buffer[] = []
      socket.once('error', reject)
      socket.on('data', (chunk: Buffer) => {
        if (chunks.length === 0) {
          for (const each of more) socket.write(each)
          socket.end()
        }
        chunks.push(chunk)
      })
      socket.once('end', () => resolve(Buffer.concat(chunks).toString('latin1')))
      socket.write(text)
    })

  it('answers a ping with all that clients choose by', async () => {
    for (const method of ['HEAD', 'GET']) {
      const { status, headers, body } = await ask(method, '/_ping')
      assert.equal(status, 200)
      assert.equal(body, method === 'GET' ? 'OK' : '')
      assert.deepEqual(
        ['api-version', 'ostype', 'docker-experimental', 'builder-version', 'swarm'].map(
          (name) => headers[name],
        ),
        ['1.47', 'linux', 'false', '1', 'inactive'],
      )
      assert.match(headers['cache-control'] ?? '', /no-cache/)
      assert.match(String(headers.server), /^Slipway\/.* \(linux\)$/)
    }
  })

  for (const [what, method, path, status, message] of [
    ['an unknown path', 'GET', '/nosuch', 404, 'page not found'],
    ['a known path by another method', 'PUT', '/info', 404, 'page not found'],
    [
      'a version that is too new',
      'GET',
      '/v9.99/info',
      400,
      'client version 9.99 is too new. Maximum supported API version is 1.47',
    ],
    ['no such container', 'GET', '/v1.45/containers/nosuch/json', 404, 'No such container: nosuch'],
    [
      'a bad condition',
      'POST',
      '/containers/base-seed-1/wait?condition=x',
      400,
      'invalid condition: "x"',
    ],
    ['no such command', 'GET', '/exec/nosuch/json', 404, 'No such exec instance: nosuch'],
    [
      'no stream of a log',
      'GET',
      '/containers/base-seed-1/logs',
      400,
      'Bad parameters: you must choose at least one stream',
    ],
  ] as const)
    it(`refuses ${what} in Docker's words`, async () => {
      const { status: answered, headers, body } = await ask(method, path)
      assert.deepEqual([answered, JSON.parse(body)], [status, { message }])
      assert.equal(headers['content-type'], 'application/json')
      assert.equal(headers['api-version'], '1.47')
    })

  it('refuses a body that is no JSON, or says so', async () => {
    const text = await ask('POST', '/containers/create', {
      body: { Image: image },
      headers: { 'Content-Type': 'text/plain' },
    })
    assert.equal(text.status, 400)
    assert.match(text.body, /unsupported Content-Type header \(text\/plain\)/)
    const broken = await exchange(
      'POST /containers/create HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{',
    )
    assert.match(broken, /^HTTP\/1\.1 400 /)
  })

  it('gives containers that are made at once and without a name one each', async () => {
    const ids = await Promise.all(Array.from({ length: 80 }, () => create({})))
    const { body } = await ask('GET', '/containers/json?all=1')
    const made = (JSON.parse(body) as { Id: string; Names: string[] }[]).filter(({ Id }) =>
      ids.includes(Id),
    )
    assert.equal(new Set(made.flatMap(({ Names }) => Names)).size, ids.length)
    for (const id of ids) assert.equal((await ask('DELETE', `/containers/${id}`)).status, 204)
  })

  it('takes filters in both shapes', async () => {
    for (const filters of ['{"name":["base-seed"]}', '{"name":{"base-seed":true}}']) {
      const { body } = await ask('GET', `/containers/json?filters=${encodeURIComponent(filters)}`)
      const [{ Names } = { Names: [] }] = JSON.parse(body) as { Names: string[] }[]
      assert.deepEqual(Names, ['/base-seed-1'])
    }
  })

  it('answers a wait before the container has ended', async () => {
    const id = await create({ Cmd: ['sh', '-c', 'exit 4'] })
    const waiting = ask('POST', `/containers/${id}/wait?condition=next-exit`)
    assert.equal((await ask('POST', `/containers/${id}/start`)).status, 204)
    assert.deepEqual(JSON.parse((await waiting).body), { StatusCode: 4 })
    assert.equal((await ask('POST', `/containers/${id}/stop`)).status, 304)
    assert.equal((await ask('DELETE', `/containers/${id}`)).status, 204)
  })

  it('makes a stream of a connection, with input to its end and output in frames', async () => {
    const id = await create({ Cmd: ['cat'], OpenStdin: true, StdinOnce: true })
    const head = `POST /v1.45/containers/${id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\n`
    const attached = exchange(
      `${head}Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n`,
      ['some', 'thing\n'],
    )
    await ask('POST', `/containers/${id}/start`)
    const [status = '', ...rest] = (await attached).split('\r\n')
    assert.equal(status, 'HTTP/1.1 101 UPGRADED')
    assert.ok(rest.includes('Content-Type: application/vnd.docker.multiplexed-stream'))
    assert.equal(rest.at(-1), '\x01\0\0\0\0\0\0\x0asomething\n')
    await ask('DELETE', `/containers/${id}?force=1`)
  })

  it('sends output without an upgraded connection too, raw from a terminal', async () => {
    for (const [Tty, type, output] of [
      [false, 'application/vnd.docker.multiplexed-stream', '\x01\0\0\0\0\0\0\x03hi\n'],
      [true, 'application/vnd.docker.raw-stream', 'hi\r\n'],
    ] as const) {
      const id = await create({ Cmd: ['echo', 'hi'], Tty })
      const attached = ask('POST', `/containers/${id}/attach?stream=1&stdout=1&stderr=1`)
      await eventually('it is attached', async () => {
        const until = Date.now() / 1000
        const { body } = await ask('GET', `/events?since=1&until=${until}`)
        return body.includes('"attach"') && body.includes(id)
      })
      await ask('POST', `/containers/${id}/start`)
      const { headers, body } = await attached
      assert.deepEqual([headers['content-type'], body], [type, output])
      const logs = await ask('GET', `/containers/${id}/logs?stdout=1&stderr=1`)
      assert.deepEqual([logs.headers['content-type'], logs.body], [type, output])
      await ask('DELETE', `/containers/${id}?force=1`)
    }
  })

  it('runs a command without a client, and keeps its exit code', async () => {
    const made = await ask('POST', '/containers/base-seed-1/exec', {
      body: { Cmd: ['sh', '-c', 'exit 5'] },
    })
    const { Id } = JSON.parse(made.body) as { Id: string }
    const started = await ask('POST', `/exec/${Id}/start`, { body: { Detach: true } })
    assert.equal(started.status, 200)
    await eventually('it has ended', async () => {
      const { body } = await ask('GET', `/exec/${Id}/json`)
      const { Running, ExitCode } = JSON.parse(body) as { Running: boolean; ExitCode: number }
      return !Running && ExitCode === 5
    })
    const again = await ask('POST', `/exec/${Id}/start`, { body: { Detach: true } })
    assert.equal(again.status, 409)
  })
})
