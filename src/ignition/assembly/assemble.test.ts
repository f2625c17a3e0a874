import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { problemText } from '../../ignition-schema/index.ts'
import { testAuthority } from '../../update/testing/certificate.ts'
import { PlacedError } from '../placed-error.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { Fetcher } from '../sources/fetcher.ts'
import { quietLog } from '../testing/quiet-log.ts'
import { serve } from '../testing/servers.ts'
import { assemble } from './assemble.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-assembly-'))
  put('cmdline', 'root=LABEL=x ignition.config.url= quiet\n')
})
afterEach(() => rmSync(directory, { recursive: true }))

function put(path: string, content: string | Uint8Array | object): void {
  const data =
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content)
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), data)
}

type Given = { user?: string | object; isOffline?: boolean; platform?: string }

function assembled({ user, isOffline = false, platform = 'metal' }: Given) {
  const log = quietLog()
  const text = typeof user === 'string' ? user : JSON.stringify(user)
  return assemble({
    fetcher: new Fetcher({ log, platform, isOffline, totalMs: 30_000 }),
    provider: {
      fetch: async () =>
        user === undefined ? undefined : { source: 'user data', data: Buffer.from(text) },
    },
    places: {
      systemDirectories: ['run', 'etc', 'usr'].map((name) => join(directory, name)),
      kernelCommandLine: join(directory, 'cmdline'),
      credentialDirectories: [join(directory, 'credentials')],
      firmwareTables: join(directory, 'dmi'),
    },
    log,
  })
}

async function filesOf(given: Given): Promise<string[] | undefined> {
  const result = await assembled(given)
  return result?.config.storage?.files?.map(
    ({ path, contents }) => `${path} ${contents?.source ?? ''}`,
  )
}

/** Every problem that a refusal tells. */
async function refusal(given: Given): Promise<string> {
  try {
    await assembled(given)
  } catch (error) {
    if (error instanceof ConfigRefusedError) return error.problems.map(problemText).join('\n')
    if (error instanceof PlacedError) return problemText(error.problem)
    throw error
  }
  throw new Error('it was not refused')
}

/** A config with one file, and what it names. */
function config(path: string, value: string, references: object = {}): object {
  return {
    ignition: { version: '3.4.0', config: references },
    storage: { files: [{ path, contents: { source: `data:,${value}` } }] },
  }
}

const dataUrl = (value: object) =>
  `data:;base64,${Buffer.from(JSON.stringify(value)).toString('base64')}`

test('has no config where there is none, or an empty one', async () => {
  assert.equal(await assembled({}), undefined)
  assert.equal(await assembled({ user: ' \n' }), undefined)
})

test('merges configs depth first in their order; the later one wins', async () => {
  const served: Record<string, object> = {
    '/a': config('/a', 'a', { merge: [{ source: 'data:' }] }),
    '/b': config('/x', 'b'),
    '/a/deep': config('/x', 'deep'),
  }
  await using server = await serve(({ path }) => ({ body: JSON.stringify(served[path]) }))
  const at = (path: string) => ({ source: `http://127.0.0.1:${server.port}${path}` })
  served['/a'] = config('/a', 'a', { merge: [at('/a/deep')] })
  const user = config('/x', 'user', { merge: [at('/a'), at('/b')] })
  assert.deepEqual(await filesOf({ user }), ['/x data:,b', '/a data:,a'])
  assert.deepEqual(
    server.seen.map(({ path }) => path),
    ['/a', '/a/deep', '/b'],
  )
})

test('replaces a config by another, with what that one names', async () => {
  const inner = config('/c', 'c', { merge: [{ source: dataUrl(config('/d', 'd')) }] })
  const user = config('/a', 'a', {
    replace: { source: dataUrl(inner) },
    merge: [{ source: 'http://127.0.0.1:1/never-asked' }],
  })
  assert.deepEqual(await filesOf({ user }), ['/c data:,c', '/d data:,d'])
})

test('decompresses and verifies configs', async () => {
  const text = JSON.stringify(config('/a', 'a'))
  const source = `data:;base64,${gzipSync(text).toString('base64')}`
  const hash = `sha512-${createHash('sha512').update(text).digest('hex')}`
  const reference = { source, compression: 'gzip', verification: { hash } }
  assert.deepEqual(await filesOf({ user: config('/b', 'b', { merge: [reference] }) }), [
    '/b data:,b',
    '/a data:,a',
  ])
  const wrong = { ...reference, verification: { hash: `sha512-${'0'.repeat(128)}` } }
  assert.match(
    await refusal({ user: config('/b', 'b', { merge: [wrong] }) }),
    /^user data:1:\d+: \$\.ignition\.config\.merge\.0\.source: .* does not have the expected sha512/,
  )
})

test('tells mistakes of a config that another one names with its address', async () => {
  await using server = await serve(() => ({
    body: '{"ignition": {"version": "3.4.0"},\n "storage": 1}',
  }))
  const source = `http://127.0.0.1:${server.port}/inner.ign`
  const problems = await refusal({
    user: config('/a', 'a', { merge: [{ source: `${source}?secret` }] }),
  })
  assert.ok(problems.startsWith(`${source}:2:13: $.storage: `), problems)
})

test('tells which reference cannot be fetched, and why', async () => {
  await using server = await serve(() => ({ status: 404 }))
  const merge = [
    { source: dataUrl(config('/a', 'a')) },
    { source: `http://127.0.0.1:${server.port}/x` },
  ]
  assert.match(
    await refusal({ user: config('/a', 'a', { merge }) }),
    /^user data:1:\d+: \$\.ignition\.config\.merge\.1\.source: http:\/\/127\.0\.0\.1:\d+\/x is not there/,
  )
})

test('ends at configs that name each other', async () => {
  let port = 0
  await using server = await serve(() => ({
    body: JSON.stringify(config('/a', 'a', { replace: { source: `http://127.0.0.1:${port}/` } })),
  }))
  port = server.port
  assert.match(
    await refusal({
      user: config('/a', 'a', { replace: { source: `http://127.0.0.1:${port}/` } }),
    }),
    /more than 256 configs/,
  )
})

test('tells what only two configs together get wrong, in the words of one of them', async () => {
  const other = {
    ignition: { version: '3.4.0' },
    storage: { links: [{ path: '/dir', target: '/x' }] },
  }
  const user = config('/dir/file', 'a', { merge: [{ source: dataUrl(other) }] })
  assert.match(await refusal({ user }), /^user data:1:\d+: \$\.storage\.files\.0\.path: .*link/)
})

test('puts base configs before that of the user', async () => {
  put('usr/base.d/10-a.ign', config('/a', 'vendor'))
  put('usr/base.d/20-b.ign', config('/b', 'vendor'))
  put('etc/base.d/10-a.ign', config('/a', 'admin'))
  put('run/base.platform.d/metal/05.ign', config('/b', 'platform'))
  put('run/base.platform.d/aws/05.ign', config('/c', 'aws'))
  assert.deepEqual(await filesOf({}), ['/a data:,admin', '/b data:,platform'])
  assert.deepEqual(await filesOf({ user: config('/b', 'user') }), [
    '/a data:,admin',
    '/b data:,user',
  ])
  const result = await assembled({ user: config('/b', 'user') })
  assert.deepEqual(
    result?.read.map(({ kind }) => kind),
    ['base', 'base', 'base', 'user'],
  )
})

test('refuses a base config that names others', async () => {
  put('usr/base.d/a.ign', config('/a', 'a', { merge: [{ source: 'data:,x' }] }))
  assert.match(
    await refusal({}),
    /base\.d\/a\.ign:1:\d+: \$\.ignition\.config: a base config cannot/,
  )
})

test('takes the first that there is: kernel argument, user.ign, credential, platform', async () => {
  const user = config('/from', 'platform')
  assert.deepEqual(await filesOf({ user }), ['/from data:,platform'])
  put('credentials/ignition.config', config('/from', 'credential'))
  assert.deepEqual(await filesOf({ user }), ['/from data:,credential'])
  put('usr/user.ign', config('/from', 'usr'))
  assert.deepEqual(await filesOf({ user }), ['/from data:,usr'])
  put('etc/user.ign', config('/from', 'etc'))
  assert.deepEqual(await filesOf({ user }), ['/from data:,etc'])
  await using server = await serve(() => ({ body: JSON.stringify(config('/from', 'kernel')) }))
  const url = `http://127.0.0.1:${server.port}/`
  put('cmdline', `ignition.config.url=http://127.0.0.1:1/ ignition.config.url=${url}\n`)
  assert.deepEqual(await filesOf({ user }), ['/from data:,kernel'])
})

test('takes a credential out of the OEM strings of the firmware', async () => {
  const text = JSON.stringify(config('/from', 'firmware'))
  const table = (...strings: string[]) =>
    Buffer.concat([
      Buffer.from([11, 5, 0, 11, strings.length]),
      Buffer.from([...strings, ''].map((each) => `${each}\0`).join('')),
    ])
  put('dmi/11-0/raw', table('vendor', `io.systemd.credential:ignition.config=${text}`))
  assert.deepEqual(await filesOf({}), ['/from data:,firmware'])
  const encoded = Buffer.from(text).toString('base64')
  put('dmi/11-0/raw', table(`io.systemd.credential.binary:ignition.config=${encoded}`))
  assert.deepEqual(await filesOf({}), ['/from data:,firmware'])
})

test('fetches with the authorities of a config, and brings them along', async () => {
  const authority = testAuthority('of the config')
  const { key, certificate } = authority.issue('127.0.0.1')
  await using server = await serve(() => ({ body: JSON.stringify(config('/a', 'a')) }), {
    key,
    cert: certificate,
  })
  await using authorities = await serve(() => ({ body: gzipSync(authority.certificate) }))
  const user = {
    ignition: {
      version: '3.4.0',
      config: { merge: [{ source: `https://127.0.0.1:${server.port}/` }] },
      timeouts: { httpTotal: 30 },
      security: {
        tls: {
          certificateAuthorities: [
            {
              source: `http://127.0.0.1:${authorities.port}/`,
              compression: 'gzip',
              httpHeaders: [{ name: 'X-Token', value: 'secret' }],
            },
          ],
        },
      },
    },
  }
  const result = await assembled({ user })
  assert.equal(authorities.seen.length, 1)
  assert.equal(authorities.seen[0]?.headers['x-token'], 'secret')
  assert.deepEqual(result?.config.ignition?.security?.tls?.certificateAuthorities, [
    { source: `data:;base64,${Buffer.from(authority.certificate).toString('base64')}` },
  ])
})

test('refuses authorities that are no certificates', async () => {
  const certificateAuthorities = [{ source: 'data:,nonsense' }]
  const user = { ignition: { version: '3.4.0', security: { tls: { certificateAuthorities } } } }
  assert.match(await refusal({ user }), /certificateAuthorities\.0\.source: .* it is not PEM/)
})

test('needs the network only for what is on it', async () => {
  const isOffline = true
  const near = { merge: [{ source: dataUrl(config('/b', 'b')) }] }
  assert.equal((await filesOf({ user: config('/a', 'a', near), isOffline }))?.length, 2)
  const far = { merge: [{ source: 'http://127.0.0.1:1/' }] }
  await assert.rejects(assembled({ user: config('/a', 'a', far), isOffline }), NetworkNeededError)
})

test('names what is compressed or no text, as it does for files', async () => {
  put('usr/user.ign', gzipSync('{}'))
  assert.match(await refusal({}), /user\.ign:1:1: .*compressed/)
})
