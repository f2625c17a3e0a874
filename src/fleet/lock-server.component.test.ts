import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it, type TestContext } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { object } from '../json/value.ts'
import { type FleetLockClient, releaseLock, requestLock } from '../update/lock/fleet-lock.ts'
import { testAuthority } from '../update/testing/certificate.ts'
import { type LockServerOptions, startLockServer } from './lock-server.ts'
import { loadLocks } from './lock-state.ts'

const sourceDirectory = join(import.meta.dirname, '..')

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-lock-server-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

/** A server in this process; gives its address, its file and what it logged. */
async function serve(t: TestContext, rest: Partial<LockServerOptions> = {}) {
  const stateFile = join(await scratch(t), 'locks.json')
  const lines: string[] = []
  const server = await startLockServer({
    host: '127.0.0.1',
    port: 0,
    slots: new Map([
      ['web', 2],
      ['db', 1],
    ]),
    stateFile,
    log: (line) => lines.push(line),
    ...rest,
  })
  t.after(() => server.close())
  return { url: `${server.url}/`, stateFile, lines, server }
}

const clientOf = (url: string, group: string, id: string, ca?: string): FleetLockClient => ({
  url,
  group,
  id,
  attempts: 1,
  ...(ca !== undefined && { ca }),
})

async function send(url: string, path: string, init: RequestInit = {}) {
  const response = await fetch(new URL(path, url), {
    method: 'POST',
    headers: { 'fleet-lock-protocol': 'true' },
    body: JSON.stringify({ client_params: { group: 'db', id: 'a' } }),
    ...init,
  })
  return {
    status: response.status,
    answer: object(await response.json(), 'the answer'),
    headers: response.headers,
  }
}

describe('the lock server', () => {
  it('lets as many hosts of a group reboot as it has slots, and the next when one is back', async (t) => {
    const { url, stateFile, lines } = await serve(t)
    const [a, b, c] = ['a', 'b', 'c'].map((id) => clientOf(url, 'web', id))
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    const granted = { kind: 'granted' }
    assert.deepEqual(await requestLock(a), granted)
    assert.deepEqual(await requestLock(b), granted)
    assert.deepEqual(await requestLock(a), granted)
    assert.deepEqual(await requestLock(c), {
      kind: 'refused',
      status: 409,
      errorKind: 'failed_lock_semaphore_full',
      reason: 'all slots of web are locked: 2',
    })
    assert.deepEqual(await releaseLock(a), granted)
    assert.deepEqual(await releaseLock(a), granted)
    assert.deepEqual(await requestLock(c), granted)
    const { web } = await loadLocks(stateFile)
    assert.deepEqual(
      web?.map(({ id }) => id),
      ['b', 'c'],
    )
    assert.equal(lines[3], 'web: c refused; all 2 slots are locked')
    assert.equal(lines.at(-1), 'web: c locked; 2 held')
  })

  it('never grants more than the slots, whoever asks at once', async (t) => {
    const { url, stateFile } = await serve(t)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => requestLock(clientOf(url, 'web', `h${index}`))),
    )
    assert.equal(answers.filter(({ kind }) => kind === 'granted').length, 2)
    assert.equal((await loadLocks(stateFile)).web?.length, 2)
  })

  it('knows its locks after a restart', async (t) => {
    const { url, stateFile, server } = await serve(t)
    assert.equal((await requestLock(clientOf(url, 'db', 'a'))).kind, 'granted')
    await server.close()
    const again = await startLockServer({
      host: '127.0.0.1',
      port: 0,
      slots: new Map([['db', 1]]),
      stateFile,
      log: () => undefined,
    })
    t.after(() => again.close())
    const answer = await requestLock(clientOf(`${again.url}/`, 'db', 'b'))
    assert.equal(answer.kind === 'refused' && answer.errorKind, 'failed_lock_semaphore_full')
  })

  it('shares its file with no other server', async (t) => {
    const { stateFile } = await serve(t)
    await assert.rejects(
      startLockServer({
        host: '127.0.0.1',
        port: 0,
        slots: new Map([['db', 1]]),
        stateFile,
        log: () => undefined,
      }),
      (error) => isSlipwayError(error, 'SLIPWAY_FLEET_LOCK_STATE_IN_USE'),
    )
  })

  it('says that nothing was locked when its disk does not take the change', async (t) => {
    const { url, stateFile, lines } = await serve(t)
    await mkdir(`${stateFile}.new`)
    const first = await send(url, '/v1/pre-reboot')
    assert.equal(first.status, 500)
    assert.equal(first.answer.kind, 'internal_error')
    assert.match(lines[0] ?? '', /EISDIR/)
    await rm(`${stateFile}.new`, { recursive: true, force: true })
    assert.equal((await requestLock(clientOf(url, 'db', 'b'))).kind, 'granted')
  })
})

describe('what is no lock request', () => {
  const cases: readonly [
    name: string,
    path: string,
    init: RequestInit,
    status: number,
    kind: string,
  ][] = [
    ['another path', '/v1/reboot', {}, 404, 'not_found'],
    ['the path of an object', '/__proto__', {}, 404, 'not_found'],
    ['a GET', '/v1/pre-reboot', { method: 'GET', body: null }, 405, 'method_not_allowed'],
    ['one without the header', '/v1/pre-reboot', { headers: {} }, 400, 'missing_protocol_header'],
    [
      'one with another value of the header',
      '/v1/pre-reboot',
      { headers: { 'fleet-lock-protocol': '1' } },
      400,
      'missing_protocol_header',
    ],
    ['one that is no JSON', '/v1/pre-reboot', { body: 'lock!' }, 400, 'invalid_request'],
    ['an empty one', '/v1/steady-state', { body: '' }, 400, 'invalid_request'],
    [
      'one for a group that is not there',
      '/v1/pre-reboot',
      { body: '{"client_params": {"group": "ops", "id": "a"}}' },
      404,
      'unknown_group',
    ],
    ['a large one', '/v1/pre-reboot', { body: ' '.repeat(5000) }, 413, 'request_too_large'],
    ['a huge one', '/v1/pre-reboot', { body: 'x'.repeat(300_000) }, 413, 'request_too_large'],
  ]
  for (const [name, path, init, status, kind] of cases)
    it(`is refused by ${status} ${kind}: ${name}`, async (t) => {
      const { url, stateFile } = await serve(t)
      const { status: found, answer, headers } = await send(url, path, init)
      assert.equal(found, status)
      assert.equal(answer.kind, kind)
      assert.ok(typeof answer.value === 'string' && answer.value !== '')
      assert.equal(headers.get('content-type'), 'application/json')
      assert.deepEqual(await loadLocks(stateFile), {})
      assert.equal((await send(url, '/v1/pre-reboot')).status, 200, 'the server goes on')
    })

  it('does no harm when it is cut off in the middle', async (t) => {
    const { url } = await serve(t)
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    const head =
      'POST /v1/pre-reboot HTTP/1.1\r\nHost: a\r\nFleet-Lock-Protocol: true\r\nContent-Length: 900\r\n\r\n'
    socket.write(`${head}{"client_params":`)
    await once(socket, 'connect')
    socket.resetAndDestroy()
    assert.equal((await send(url, '/v1/pre-reboot')).status, 200)
  })
})

describe('the lock server with TLS', () => {
  const authority = testAuthority('The fleet')
  const issued = authority.issue('127.0.0.1')
  const file = (text: string) => ({ file: 'x.pem', text })

  it('speaks TLS and nothing else', async (t) => {
    const tls = { certificate: file(issued.certificate), key: file(issued.key) }
    const { url } = await serve(t, { tls })
    assert.match(url, /^https:/)
    const secure = clientOf(url, 'db', 'a', authority.certificate)
    assert.equal((await requestLock(secure)).kind, 'granted')
    const plain = { ...secure, url: url.replace('https:', 'http:') }
    await assert.rejects(requestLock(plain), (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_LOCK_UNREACHABLE'),
    )
  })

  it('does not start with a key of another certificate', async (t) => {
    const other = authority.issue('127.0.0.1')
    const tls = { certificate: file(issued.certificate), key: file(other.key) }
    await assert.rejects(serve(t, { tls }), (error) =>
      isSlipwayError(error, 'SLIPWAY_FLEET_TLS_INVALID'),
    )
  })
})

/** `slipway fleet-lock …` as a process of its own. */
function slipway(words: readonly string[]) {
  const main = join(sourceDirectory, 'cli/main.ts')
  return spawn(process.execPath, [main, 'fleet-lock', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function outcome(child: ChildProcess) {
  const texts = [child.stdout, child.stderr].map(async (stream) =>
    stream === null ? '' : Buffer.concat(await stream.toArray()).toString(),
  )
  const [status] = await once(child, 'close')
  const [stdout = '', stderr = ''] = await Promise.all(texts)
  return { status: Number(status), stdout, stderr }
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  assert.ok(child.stdout !== null)
  for await (const line of createInterface(child.stdout)) return line
  return undefined
}

describe('slipway fleet-lock', () => {
  it('serves, lists and releases', async (t) => {
    const state = join(await scratch(t), 'deep/locks.json')
    const server = slipway([
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--state',
      state,
      '--group',
      'db=1',
    ])
    t.after(() => server.kill('SIGKILL'))
    const url = (await firstLine(server)) ?? ''
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.equal((await requestLock(clientOf(`${url}/`, 'db', 'lost'))).kind, 'granted')
    const listed = await outcome(slipway(['list', '--state', state, '--json']))
    const [entry, ...rest] = JSON.parse(listed.stdout)
    assert.deepEqual([entry.group, entry.id, rest], ['db', 'lost', []])
    const parameters = ['--server', url, '--group', 'db', '--id', 'lost']
    assert.deepEqual(await outcome(slipway(['release', ...parameters])), {
      status: 0,
      stdout: '',
      stderr: '',
    })
    assert.equal((await requestLock(clientOf(`${url}/`, 'db', 'next'))).kind, 'granted')
    const people = await outcome(slipway(['list', '--state', state]))
    assert.match(people.stdout, /^db {2}next {2}since \d{4}-.*Z\n$/)
    server.kill('SIGTERM')
    const [status] = await once(server, 'close')
    assert.equal(status, 0)
  })

  for (const [words, message] of [
    [['--listen', '4180', '--group', 'db=1'], '--listen: expected HOST:PORT, found "4180"'],
    [['--listen', 'a:99999', '--group', 'db=1'], '--listen: expected HOST:PORT, found "a:99999"'],
    [['--listen', '[::1]:0', '--group', 'db=0'], '--group: expected NAME=SLOTS'],
    [['--listen', '[::1]:0', '--group', 'a/b=1'], '--group: expected NAME=SLOTS'],
    [
      ['--listen', '[::1]:0', '--group', 'a=1', '--group', 'a=2'],
      '--group: expected each group once',
    ],
    [
      ['--listen', '127.0.0.1:0', '--group', 'a=1', '--tls-key', 'k'],
      '--tls-certificate: expected a file, since there is --tls-key',
    ],
  ] as const)
    it(`refuses ${words.join(' ')}`, async (t) => {
      const state = join(await scratch(t), 'locks.json')
      const { status, stderr } = await outcome(slipway(['serve', '--state', state, ...words]))
      assert.equal(status, 2)
      assert.ok(stderr.includes(message), stderr)
    })

  it('does not start on locks that it cannot read', async (t) => {
    const state = join(await scratch(t), 'locks.json')
    await writeFile(state, '{"formatVersion": 1, "locks": {"db": [{"id"')
    const { status, stderr } = await outcome(
      slipway(['serve', '--listen', '127.0.0.1:0', '--state', state, '--group', 'db=1']),
    )
    assert.equal(status, 1)
    assert.match(stderr, /SLIPWAY_FLEET_LOCK_STATE_UNREADABLE/)
    assert.match(await readFile(state, 'utf8'), /"id"$/)
  })
})

it('a lock that was granted is kept, and a lock that was not is whole or absent, after SIGKILL at any moment of its saving', async (t) => {
  const directory = await scratch(t)
  const started = async (state: string, killAt: number) => {
    const killer = join(sourceDirectory, 'update/testing/kill-at-call.ts')
    const program = join(import.meta.dirname, 'testing/serve-locks.ts')
    const child = spawn(process.execPath, ['--import', killer, program, state], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, KILL_AT_CALL: String(killAt) },
    })
    t.after(() => child.kill('SIGKILL'))
    return { child, url: `${(await firstLine(child)) ?? ''}/` }
  }
  let granted = 0
  let killed = 0
  // Calls before the first request belong to the start.
  for (let killAt = 1; ; killAt += 1) {
    const state = join(directory, `locks-${killAt}.json`)
    const { child, url } = await started(state, killAt)
    if (url === '/') continue
    const first = await requestLock(clientOf(url, 'db', 'a')).catch(ifCut)
    const second = await requestLock(clientOf(url, 'db', 'b')).catch(ifCut)
    if (second !== undefined) break
    if (child.signalCode === null) await once(child, 'exit')
    killed += 1
    const ids = (await loadLocks(state)).db?.map(({ id }) => id) ?? []
    if (first?.kind === 'granted') assert.ok(ids.includes('a'), `killed at ${killAt}`)
    assert.deepEqual(ids, ['a', 'b'].slice(0, ids.length))
    granted += first?.kind === 'granted' ? 1 : 0
  }
  assert.ok(killed >= 12, `killed ${killed} times`)
  assert.ok(granted >= 6, `granted ${granted} times`)
})

/** No answer: the server was killed. */
function ifCut(error: unknown): undefined {
  if (!isSlipwayError(error, 'SLIPWAY_UPDATE_LOCK_UNREACHABLE')) throw error
}
