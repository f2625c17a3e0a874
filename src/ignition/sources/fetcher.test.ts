import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import * as http from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isSlipwayError } from '../../errors/error.ts'
import type { Resource } from '../../ignition-schema/index.ts'
import { testAuthority } from '../../update/testing/certificate.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { listen, type Reply, type Seen, serve } from '../testing/servers.ts'
import { serveTftp } from '../testing/tftp-server.ts'
import { NetworkNeededError } from './failure.ts'
import { Fetcher, type FetcherOptions } from './fetcher.ts'
import { fetchBytes, fetchFile } from './resource.ts'

const directory = mkdtempSync(join(tmpdir(), 'slipway-sources-'))
after(() => rmSync(directory, { recursive: true }))
const authority = testAuthority('test')

function fetcher(options: Partial<FetcherOptions> = {}): Fetcher {
  return new Fetcher({ log: quietLog(), platform: 'metal', ...options })
}

async function text(resource: Resource, from = fetcher()): Promise<string> {
  return (await fetchBytes(from, resource)).toString()
}

function rejects(promise: Promise<unknown>, code: string, words = /./): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(isSlipwayError(error, `SLIPWAY_IGNITION_FETCH_${code}`), String(error))
    assert.match(error.message, words)
    return true
  })
}

const sha = (name: string, data: string | Uint8Array) =>
  `${name}-${createHash(name).update(data).digest('hex')}`

test('asks for configs as the reference implementation does', async () => {
  await using server = await serve(() => ({ body: '{}' }))
  const httpHeaders = [
    { name: 'X-Token', value: 'a' },
    { name: 'ACCEPT', value: 'text/plain' },
    { name: 'X-Removed' },
  ]
  assert.equal(await text({ source: `http://127.0.0.1:${server.port}/a?b=c` }), '{}')
  await text({ source: `http://127.0.0.1:${server.port}/`, httpHeaders })
  const [plain, own] = server.seen
  assert.equal(plain?.path, '/a?b=c')
  assert.equal(plain?.headers.host, `127.0.0.1:${server.port}`)
  assert.match(
    plain?.headers.accept ?? '',
    /^application\/vnd\.coreos\.ignition\+json;version=3\.6\.0, /,
  )
  assert.equal(plain?.headers['accept-encoding'], 'identity')
  assert.match(plain?.headers['user-agent'] ?? '', /^Ignition\//)
  assert.equal(own?.headers['x-token'], 'a')
  assert.equal(own?.headers.accept, 'text/plain')
  assert.equal('x-removed' in (own?.headers ?? {}), false)
})

test('sends user and password of the URL, and tells neither', async () => {
  await using server = await serve(() => ({ status: 403 }))
  const source = `http://user:geheim@127.0.0.1:${server.port}/a?secret`
  await rejects(text({ source }), 'FAILED', /^http:\/\/127\.0\.0\.1:\d+\/a cannot .* answered 403$/)
  const expected = `Basic ${Buffer.from('user:geheim').toString('base64')}`
  assert.equal(server.seen[0]?.headers.authorization, expected)
})

test('tries again after failures of the server, and no others', async () => {
  const replies: Reply[] = [{ status: 503 }, { status: 500 }, { body: 'there' }]
  await using server = await serve((_, before) => replies[before] ?? {})
  assert.equal(await text({ source: `http://127.0.0.1:${server.port}/` }), 'there')
  assert.equal(server.seen.length, 3)
  for (const [status, code] of [
    [404, 'NOT_FOUND'],
    [400, 'FAILED'],
    [429, 'FAILED'],
  ] as const) {
    await using refusing = await serve(() => ({ status }))
    await rejects(text({ source: `http://127.0.0.1:${refusing.port}/` }), code)
    assert.equal(refusing.seen.length, 1)
  }
})

test('waits until a server is there', async () => {
  const found = await serve(() => ({}))
  const { port } = found
  await found[Symbol.asyncDispose]()
  const server = http.createServer((_, response) => response.end('late'))
  setTimeout(() => server.listen(port, '127.0.0.1'), 300)
  assert.equal(await text({ source: `http://127.0.0.1:${port}/` }), 'late')
  server.close()
})

test('starts a transfer again that was cut, also into a file', async () => {
  const body = 'x'.repeat(100_000)
  const cutOnce = (_: Seen, before: number) =>
    before === 0 ? { body: body.slice(0, 70_000), cut: true } : { body }
  await using server = await serve(cutOnce)
  assert.equal(await text({ source: `http://127.0.0.1:${server.port}/` }), body)
  await using again = await serve(cutOnce)
  const path = join(directory, 'cut')
  const verification = { hash: sha('sha256', body) }
  await fetchFile(fetcher(), { source: `http://127.0.0.1:${again.port}/`, verification }, path)
  assert.equal(readFileSync(path, 'utf8'), body)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('gives up when the config says so', async () => {
  await using server = await serve(() => ({ status: 503 }))
  const hurried = fetcher()
  hurried.configure({ timeouts: { httpTotal: 1 }, authorities: [] })
  const started = performance.now()
  await rejects(
    text({ source: `http://127.0.0.1:${server.port}/` }, hurried),
    'TIMEOUT',
    /within 1 s: .*503/,
  )
  assert.ok(performance.now() - started < 3000)
})

test('does not wait longer for headers than the config says', async () => {
  await using server = await serve((_, before) => (before === 0 ? undefined : { body: 'answer' }))
  const hurried = fetcher()
  hurried.configure({ timeouts: { httpResponseHeaders: 1 }, authorities: [] })
  assert.equal(await text({ source: `http://127.0.0.1:${server.port}/` }, hurried), 'answer')
  assert.equal(server.seen.length, 2)
})

test('ends at once when it is told to', async () => {
  await using server = await serve(() => undefined)
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('interrupted')), 200)
  await assert.rejects(
    text({ source: `http://127.0.0.1:${server.port}/` }, fetcher({ signal: controller.signal })),
    /interrupted/,
  )
})

test('follows redirects without the headers of the config', async () => {
  await using last = await serve(() => ({ body: 'here' }))
  const location = `http://localhost:${last.port}/b`
  await using first = await serve(({ path }) =>
    path === '/'
      ? { status: 302, headers: { location: '/a' } }
      : { status: 307, headers: { location } },
  )
  const httpHeaders = [{ name: 'X-Token', value: 'secret' }]
  const source = `http://127.0.0.1:${first.port}/`
  const connectTo = (_: string, port: number) => ({ host: '127.0.0.1', port })
  assert.equal(await text({ source, httpHeaders }, fetcher({ connectTo })), 'here')
  assert.deepEqual(
    [...first.seen, ...last.seen].map(({ path, headers }) => [path, headers['x-token']]),
    [
      ['/', 'secret'],
      ['/a', undefined],
      ['/b', undefined],
    ],
  )
})

test('stops at a loop of redirects', async () => {
  await using server = await serve(() => ({ status: 301, headers: { location: '/' } }))
  await rejects(
    text({ source: `http://127.0.0.1:${server.port}/` }),
    'FAILED',
    /more than 20 times/,
  )
})

test('decompresses, and verifies the decompressed bytes', async () => {
  const plain = 'hello\n'.repeat(1000)
  await using server = await serve(() => ({ body: gzipSync(plain) }))
  const source = `http://127.0.0.1:${server.port}/`
  for (const name of ['sha256', 'sha512']) {
    const verification = { hash: sha(name, plain) }
    assert.equal(await text({ source, compression: 'gzip', verification }), plain)
    const upper = { hash: verification.hash.replace(/-.*/, (digits) => digits.toUpperCase()) }
    assert.equal(await text({ source, compression: 'gzip', verification: upper }), plain)
    const wrong = { hash: sha(name, 'other') }
    await rejects(
      text({ source, compression: 'gzip', verification: wrong }),
      'HASH',
      new RegExp(name),
    )
  }
  assert.equal(server.seen.length, 6)
})

test('tells data that is no gzip, or only a part of it', async () => {
  const bodies = [
    Buffer.from('plain'),
    gzipSync('hello'.repeat(100)).subarray(0, 20),
    Buffer.alloc(0),
  ]
  await using server = await serve(({ path }) => ({ body: bodies[Number(path.slice(1))] ?? '' }))
  for (const index of bodies.keys())
    await rejects(
      text({ source: `http://127.0.0.1:${server.port}/${index}`, compression: 'gzip' }),
      'DECOMPRESSION',
    )
})

test('keeps a bomb out of memory', async () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  await using server = await serve(() => ({ body: bomb }))
  const resource = { source: `http://127.0.0.1:${server.port}/`, compression: 'gzip' }
  await rejects(
    fetchBytes(fetcher(), resource, { limitBytes: 1_000_000 }),
    'TOO_LARGE',
    /more than 1000000 bytes/,
  )
})

test('reads data URLs, and nothing from an empty source', async () => {
  const source = `data:;base64,${gzipSync('plain').toString('base64')}`
  assert.equal(await text({ source, compression: 'gzip' }), 'plain')
  assert.equal(await text({ source: 'data:,a%20b' }, fetcher({ isOffline: true })), 'a b')
  assert.equal(await text({ source: '' }), '')
})

test('needs the network for everything else', async () => {
  for (const source of ['http://h/', 'https://h/', 'tftp://h/', 's3://b/k', 'gs://b/o'])
    await assert.rejects(text({ source }, fetcher({ isOffline: true })), NetworkNeededError)
})

test('trusts the authorities of the config, and the server only for its address', async () => {
  await using server = await serve(() => ({ body: 'secure' }), credentials('127.0.0.1'))
  await using other = await serve(() => ({ body: 'secure' }), credentials('127.0.0.2'))
  const source = `https://127.0.0.1:${server.port}/`
  assert.match(await firstFailure(source, []), /certificate/)
  const trusted = [authority.certificate]
  const trusting = fetcher()
  trusting.configure({ authorities: trusted })
  assert.equal(await text({ source }, trusting), 'secure')
  assert.match(await firstFailure(`https://127.0.0.1:${other.port}/`, trusted), /127\.0\.0\.1/)
})

/** Why the first try fails, of a source that would be tried for ever. */
async function firstFailure(source: string, authorities: readonly string[]): Promise<string> {
  const controller = new AbortController()
  const log = quietLog()
  const info = (message: string) => {
    log.info(message)
    if (/: attempt #1: /.test(message)) controller.abort(new Error('seen'))
  }
  const trying = fetcher({ log: { ...log, info }, signal: controller.signal })
  trying.configure({ authorities })
  await assert.rejects(text({ source }, trying), /seen/)
  return log.lines.find((line) => /: attempt #1: /.test(line)) ?? ''
}

test('does not go from https to http, unless a hash says what is right', async () => {
  await using plain = await serve(() => ({ body: 'plain' }))
  const location = `http://127.0.0.1:${plain.port}/`
  await using server = await serve(
    () => ({ status: 301, headers: { location } }),
    credentials('127.0.0.1'),
  )
  const trusting = fetcher()
  trusting.configure({ authorities: [authority.certificate] })
  const source = `https://127.0.0.1:${server.port}/`
  await rejects(text({ source }, trusting), 'FAILED', /https to http/)
  assert.equal(plain.seen.length, 0)
  assert.equal(
    await text({ source, verification: { hash: sha('sha256', 'plain') } }, trusting),
    'plain',
  )
})

test('asks a proxy for http, and through it for https', async () => {
  await using server = await serve(() => ({ body: 'secure' }), credentials('config.example'))
  const asked: string[] = []
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`)
    response.end('by proxy')
  })
  proxy.on('connect', (request, socket, head) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`)
    const behind = connect(server.port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      behind.write(head)
      behind.pipe(socket).pipe(behind)
    })
    for (const end of [behind, socket]) end.on('error', () => behind.destroy())
  })
  await using listening = await listen(proxy)
  const url = `http://us:pw@127.0.0.1:${listening.port}/`
  const proxied = fetcher()
  proxied.configure({
    proxy: { httpProxy: url, httpsProxy: url, noProxy: ['direct.example'] },
    timeouts: { httpTotal: 30 },
    authorities: [authority.certificate],
  })
  assert.equal(await text({ source: 'http://config.example/a?b' }, proxied), 'by proxy')
  assert.equal(await text({ source: 'https://config.example/' }, proxied), 'secure')
  const authorization = `Basic ${Buffer.from('us:pw').toString('base64')}`
  assert.deepEqual(asked, [
    `GET http://config.example/a?b ${authorization}`,
    `CONNECT config.example:443 ${authorization}`,
  ])
  assert.equal(server.seen[0]?.headers['proxy-authorization'], undefined)
})

test('reads by TFTP, over lost and doubled datagrams', async () => {
  const file = Buffer.from(Array.from({ length: 512 * 4 }, (_, index) => index % 251))
  const files = new Map([
    ['/a b/whole', file],
    ['/empty', Buffer.alloc(0)],
  ])
  await using server = await serveTftp(files, { lost: new Set([2, 4]), isDoubled: true })
  const source = `tftp://127.0.0.1:${server.port}`
  const read = await fetchBytes(fetcher(), { source: `${source}/a%20b/whole` })
  assert.deepEqual(read, file)
  assert.equal(await text({ source: `${source}/empty` }), '')
  await rejects(text({ source: `${source}/missing` }), 'NOT_FOUND')
  const path = join(directory, 'tftp')
  const verification = { hash: sha('sha512', file) }
  await fetchFile(fetcher(), { source: `${source}/a%20b/whole`, verification }, path)
  assert.deepEqual(readFileSync(path), file)
})

/** Answers for hosts of the clouds, by TLS or not. */
async function cloud(reply: (host: string, request: Seen) => Reply) {
  const answer = (request: Seen) => reply(request.headers.host ?? '', request)
  const plain = await serve(answer)
  const names = new Map<string, Awaited<ReturnType<typeof serve>>>()
  const secure = async (name: string) => {
    const server = await serve(answer, credentials(name))
    names.set(name, server)
  }
  return {
    plain,
    secure,
    connectTo: (host: string) => ({
      host: '127.0.0.1',
      port: names.get(host)?.port ?? plain.port,
    }),
    [Symbol.asyncDispose]: async () => {
      for (const server of [plain, ...names.values()]) await server[Symbol.asyncDispose]()
    },
  }
}

function trusting(platform: string, connectTo: (host: string) => { host: string; port: number }) {
  const made = fetcher({ platform, connectTo })
  made.configure({ timeouts: { httpTotal: 30 }, authorities: [authority.certificate] })
  return made
}

test('reads from S3 without credentials outside of AWS', async () => {
  const seen: string[] = []
  await using server = await cloud((host, { method, path, headers }) => {
    seen.push(`${method} ${host}${path} ${headers.authorization}`)
    if (method === 'HEAD') return { status: 403, headers: { 'x-amz-bucket-region': 'eu-west-1' } }
    return { body: 'object' }
  })
  await server.secure('s3.us-east-1.amazonaws.com')
  await server.secure('bucket.s3.dualstack.eu-west-1.amazonaws.com')
  const outside = trusting('metal', server.connectTo)
  assert.equal(await text({ source: 's3://bucket/a/b?versionId=3' }, outside), 'object')
  assert.deepEqual(seen, [
    'HEAD s3.us-east-1.amazonaws.com/bucket undefined',
    'GET bucket.s3.dualstack.eu-west-1.amazonaws.com/a/b?versionId=3 undefined',
  ])
  await rejects(
    text({ source: 's3://bucket/a', compression: 'gzip' }, outside),
    'DECOMPRESSION',
    /S3/,
  )
})

test('signs for S3 by the role of an EC2 instance', async () => {
  const roles = '/latest/meta-data/iam/security-credentials/'
  const objects: Seen[] = []
  await using server = await cloud((host, request) => {
    const { method, path, headers } = request
    if (host === '169.254.169.254') {
      if (path === '/latest/api/token' && method === 'PUT') return { body: 'token' }
      if (headers['x-aws-ec2-metadata-token'] !== 'token') return { status: 401 }
      if (path === '/latest/meta-data/placement/region') return { body: 'eu-west-1' }
      if (path === roles) return { body: 'role' }
      const role = { AccessKeyId: 'AKID', SecretAccessKey: 'secret', Token: 'session' }
      if (path === `${roles}role`) return { body: JSON.stringify(role) }
      return { status: 404 }
    }
    if (method === 'HEAD') return { headers: { 'x-amz-bucket-region': 'eu-west-1' } }
    objects.push(request)
    return { body: 'object' }
  })
  await server.secure('s3.eu-west-1.amazonaws.com')
  await server.secure('bucket.s3.dualstack.eu-west-1.amazonaws.com')
  const inside = trusting('aws', server.connectTo)
  inside.configure({
    proxy: { httpProxy: 'http://never-asked.example/' },
    timeouts: { httpTotal: 30 },
    authorities: [authority.certificate],
  })
  assert.equal(await text({ source: 's3://bucket/a' }, inside), 'object')
  const [object] = objects
  assert.match(
    object?.headers.authorization ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
  )
  assert.equal(object?.headers['x-amz-security-token'], 'session')
})

test('reads from Google’s storage, by the service account where there is one', async () => {
  const seen: string[] = []
  let hasAccount = true
  await using server = await cloud((host, { path, headers }) => {
    if (host === '169.254.169.254')
      return hasAccount && headers['metadata-flavor'] === 'Google'
        ? { body: JSON.stringify({ access_token: 'abc', token_type: 'Bearer', expires_in: 1 }) }
        : { status: 404 }
    seen.push(`${host}${path} ${headers.authorization}`)
    return { body: 'object' }
  })
  await server.secure('storage.googleapis.com')
  const source = 'gs://bucket/a/b c'
  assert.equal(
    await text({ source: source.replace(' ', '%20') }, trusting('gcp', server.connectTo)),
    'object',
  )
  hasAccount = false
  await text({ source: 'gs://bucket/x' }, trusting('gcp', server.connectTo))
  const place = 'storage.googleapis.com/storage/v1/b/bucket/o'
  assert.deepEqual(seen, [
    `${place}/a%2Fb%20c?alt=media Bearer abc`,
    `${place}/x?alt=media undefined`,
  ])
})

test('reads from Azure’s storage by the managed identity, and without where that may not', async () => {
  const seen: string[] = []
  let identity = 200
  let mayRead = true
  await using server = await cloud((host, { path, headers }) => {
    if (host === '169.254.169.254') {
      const isRight =
        path.startsWith('/metadata/identity/oauth2/token?') && headers.metadata === 'true'
      if (!isRight) return { status: 403 }
      return { status: identity, body: JSON.stringify({ access_token: 'abc' }) }
    }
    seen.push(`${host}${path} ${headers.authorization}`)
    return headers.authorization && !mayRead ? { status: 403 } : { body: 'blob' }
  })
  const host = 'account.blob.core.windows.net'
  await server.secure(host)
  await server.secure('blob.core.windows.net.evil.example')
  const source = `https://${host}/container/a.ign`
  const read = () => text({ source }, trusting('azure', server.connectTo))
  assert.equal(await read(), 'blob')
  mayRead = false
  assert.equal(await read(), 'blob')
  identity = 400
  assert.equal(await read(), 'blob')
  const evil = 'https://blob.core.windows.net.evil.example/'
  await text({ source: evil }, trusting('azure', server.connectTo))
  const place = `${host}/container/a.ign`
  assert.deepEqual(seen, [
    `${place} Bearer abc`,
    `${place} Bearer abc`,
    `${place} undefined`,
    `${place} undefined`,
    'blob.core.windows.net.evil.example/ undefined',
  ])
})

function credentials(name: string): { key: string; cert: string } {
  const { key, certificate } = authority.issue(name)
  return { key, cert: certificate }
}
