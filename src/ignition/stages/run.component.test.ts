import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Outcome, ScratchHost } from '../scratch-host.ts'
import { listen, serve } from '../testing/servers.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

let host: ScratchHost
beforeEach(() => {
  host = new ScratchHost()
  mkdirSync(work())
})
afterEach(() => host.remove())

const work = (path = '') => join(host.outside, 'work', path)

type Given = { user?: object | string; env?: Record<string, string> }

/** Runs one stage as a process of its own, as units of an initrd do. */
function stage(name: string, { user, env = {} }: Given = {}, ...flags: string[]): Promise<Outcome> {
  if (user !== undefined)
    writeFileSync(work('user.ign'), typeof user === 'string' ? user : JSON.stringify(user))
  const start = `
    const { main } = await import(process.argv[1])
    process.exitCode = await main(process.argv.slice(2))
    console.log('maximum KiB:', process.resourceUsage().maxRSS)`
  const program = fileURLToPath(import.meta.resolve('../main.ts'))
  const options = [
    ['-platform', 'file', `-stage=${name}`, '-root', host.root],
    ['-config-cache', work('ignition.json'), '-state-file', work('state')],
    ['-neednet', work('neednet'), '-log-to-stdout', ...flags],
  ].flat()
  const environment = {
    ...process.env,
    IGNITION_CONFIG_FILE: work('user.ign'),
    IGNITION_SYSTEM_CONFIG_DIR: work('usr'),
    IGNITION_SYSTEM_LOCAL_CONFIG_DIR: work('etc'),
    IGNITION_SYSTEM_RUNTIME_CONFIG_DIR: work('run'),
    ...env,
  }
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      ['--input-type=module', '--eval', start, '--', program, ...options],
      { env: environment },
      (error, stdout, stderr) => {
        const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1
        resolve({ status, stdout, stderr })
      },
    ),
  )
}

async function succeeds(outcome: Promise<Outcome>): Promise<Outcome> {
  const { status, stdout, stderr } = await outcome
  assert.equal(status, 0, stdout + stderr)
  return { status, stdout, stderr }
}

const file = (path: string, source: string, more: object = {}) => ({
  ignition: { version: '3.4.0' },
  storage: { files: [{ path, contents: { source, ...more } }] },
})

test('the stages of a boot, each a process of its own, carry a config out', async () => {
  const text = randomBytes(3_000_000)
  await using server = await serve(() => ({ body: gzipSync(text) }))
  const hash = `sha512-${createHash('sha512').update(text).digest('hex')}`
  const source = `http://127.0.0.1:${server.port}/a`
  const user = file('/opt/large', source, { compression: 'gzip', verification: { hash } })
  await succeeds(stage('fetch-offline', { user }))
  assert.ok(existsSync(work('neednet')), 'the contents need the network')
  assert.equal(JSON.parse(readFileSync(work('ignition.json'), 'utf8')).ignition.version, '3.6.0')
  assert.equal(statSync(work('ignition.json')).mode & 0o777, 0o600)
  assert.equal(server.seen.length, 0)
  for (const name of ['fetch', 'kargs', 'disks', 'mount']) await succeeds(stage(name))
  assert.equal(existsSync(host.at('/var/lib/slipway/provisioned')), false)
  await succeeds(stage('files'))
  assert.ok(readFileSync(host.at('/opt/large')).equals(text))
  assert.equal(statSync(host.at('/opt/large')).mode & 0o7777, 0o644)
  assert.deepEqual(readdirSync(host.at('/var/lib/slipway')), ['provisioned'])
  await succeeds(stage('umount'))
})

test('a file may be larger than memory', async () => {
  const pieces = 2048
  const piece = Buffer.alloc(128 * 1024, 'slipway')
  const hash = createHash('sha256')
  for (let index = 0; index < pieces; index += 1) hash.update(piece)
  const server = createServer(async (_, response) => {
    await pipeline(Array(pieces).fill(piece), response)
  })
  await using listening = await listen(server)
  const verification = { hash: `sha256-${hash.digest('hex')}` }
  const user = file('/large', `http://127.0.0.1:${listening.port}/`, { verification })
  const { stdout } = await succeeds(stage('all', { user }))
  assert.equal(statSync(host.at('/large')).size, pieces * piece.length)
  const maximumKiB = Number(/maximum KiB: (\d+)/.exec(stdout)?.[1])
  assert.ok(maximumKiB < 230 * 1024, `${maximumKiB} KiB for a file of 256 MiB`)
})

test('fetch-offline needs no network for a config that is all there', async () => {
  await succeeds(stage('fetch-offline', { user: file('/a', 'data:,a') }))
  assert.equal(existsSync(work('neednet')), false)
  await succeeds(stage('files'))
  assert.equal(readFileSync(host.at('/a'), 'utf8'), 'a')
})

test('fetch-offline leaves the config alone when only the network has it', async () => {
  const merge = [{ source: 'http://127.0.0.1:1/' }]
  const user = { ignition: { version: '3.4.0', config: { merge } } }
  await succeeds(stage('fetch-offline', { user }, '-needs-net', work('other')))
  assert.ok(existsSync(work('other')))
  assert.equal(existsSync(work('ignition.json')), false)
})

test('all-offline carries out a config that needs no network', async () => {
  await succeeds(stage('all-offline', { user: file('/a', 'data:,a') }))
  assert.equal(readFileSync(host.at('/a'), 'utf8'), 'a')
  assert.ok(existsSync(host.at('/var/lib/slipway/provisioned')))
  assert.equal(existsSync(work('neednet')), false)
})

test('all-offline only tells that the network is needed, for the config or for what it names', async () => {
  await using server = await serve(() => ({ body: 'from afar' }))
  const source = `http://127.0.0.1:${server.port}/`
  const merge = { ignition: { version: '3.4.0', config: { merge: [{ source }] } } }
  const before = host.snapshot()
  for (const user of [merge, file('/a', source)]) {
    rmSync(work('neednet'), { force: true })
    await succeeds(stage('all-offline', { user }))
    assert.ok(existsSync(work('neednet')))
    assert.deepEqual(host.snapshot(), before)
  }
  assert.equal(server.seen.length, 0)
  await succeeds(stage('all'))
  assert.equal(readFileSync(host.at('/a'), 'utf8'), 'from afar')
})

test('contents that cannot be had stop before anything is made, and the line is told', async () => {
  await using server = await serve(({ path }) => (path === '/a' ? { body: 'a' } : { status: 404 }))
  const source = (path: string) => ({ source: `http://127.0.0.1:${server.port}${path}` })
  const files = [
    { path: '/a', contents: source('/a') },
    { path: '/b', append: [source('/a'), source('/b?token=secret')] },
  ]
  const user = { ignition: { version: '3.4.0' }, storage: { files } }
  const before = host.snapshot()
  await succeeds(stage('fetch', { user }))
  const { status, stderr } = await stage('files')
  assert.equal(status, 1)
  assert.match(
    stderr,
    /user\.ign:1:\d+: \$\.storage\.files\.1\.append\.1\.source: http:\/\/127\.0\.0\.1:\d+\/b is not there/,
  )
  assert.doesNotMatch(stderr, /secret/)
  host.snapshot().forEach((_, path) => {
    assert.ok(before.has(path) || path.startsWith('/var'), path)
  })
  assert.equal(existsSync(host.at('/var/lib/slipway/provisioning-downloads')), false)
})

test('appends what it fetched, once', async () => {
  await using server = await serve(() => ({ body: 'fetched\n' }))
  host.put('/etc/list', 'before\n')
  const append = [{ source: 'data:,here%0A' }, { source: `http://127.0.0.1:${server.port}/` }]
  const user = {
    ignition: { version: '3.4.0' },
    storage: { files: [{ path: '/etc/list', append }] },
  }
  await succeeds(stage('fetch', { user }))
  await succeeds(stage('files'))
  assert.equal(readFileSync(host.at('/etc/list'), 'utf8'), 'before\nhere\nfetched\n')
  const report = JSON.parse(readFileSync(host.at('/etc/.ignition-result.json'), 'utf8'))
  assert.deepEqual(report.fetched, [
    {
      source: `http://127.0.0.1:${server.port}/`,
      sizeBytes: 8,
      sha256: createHash('sha256').update('fetched\n').digest('hex'),
    },
  ])
  assert.match(report.configs[0].sha256, /^[0-9a-f]{64}$/)
  rmSync(host.at('/var/lib/slipway/provisioned'))
})

test('a base config of the image counts without one of the user', async () => {
  mkdirSync(work('usr/base.d'), { recursive: true })
  writeFileSync(work('usr/base.d/a.ign'), JSON.stringify(file('/base', 'data:,base')))
  await succeeds(stage('fetch', { user: '' }))
  await succeeds(stage('files'))
  assert.equal(readFileSync(host.at('/base'), 'utf8'), 'base')
  const report = JSON.parse(readFileSync(host.at('/etc/.ignition-result.json'), 'utf8'))
  assert.equal(report.userConfigProvided, false)
})

test('a host without any config is provisioned as it is', async () => {
  await succeeds(stage('fetch', { user: '' }))
  await succeeds(stage('files'))
  assert.ok(existsSync(host.at('/var/lib/slipway/provisioned')))
})

test('a cache of another program is enough, and one that needs more is refused', async () => {
  writeFileSync(work('ignition.json'), JSON.stringify(file('/a', 'data:,a')))
  await succeeds(stage('files'))
  assert.equal(readFileSync(host.at('/a'), 'utf8'), 'a')
  rmSync(host.at('/var/lib/slipway/provisioned'))
  const kernelArguments = { shouldExist: ['usrhash=0'] }
  writeFileSync(
    work('ignition.json'),
    JSON.stringify({ ignition: { version: '3.4.0' }, kernelArguments }),
  )
  const { status, stderr } = await stage('kargs')
  assert.equal(status, 1)
  assert.match(stderr, /\$\.kernelArguments\.shouldExist\.0: .* no later release would boot/)
})

test('a stage without a fetched config says what is missing', async () => {
  const { status, stderr } = await stage('files')
  assert.equal(status, 1)
  assert.match(stderr, /cannot be read from .*ignition\.json/)
  assert.match(stderr, /Run the stage fetch first/)
})

test('clears what an earlier run fetched', async () => {
  await succeeds(stage('fetch', { user: file('/a', 'data:,a') }))
  const { status } = await stage('files', {}, '-clear-cache')
  assert.equal(status, 1)
})

test('the first config has the time that it is given', async () => {
  writeFileSync(work('cmdline'), 'ignition.config.url=http://127.0.0.1:1/config.ign')
  const env = { IGNITION_KERNEL_CMDLINE_PATH: work('cmdline') }
  const { status, stderr } = await stage('fetch', { user: '', env }, '-fetch-timeout=1s')
  assert.equal(status, 1)
  assert.match(
    stderr,
    /http:\/\/127\.0\.0\.1:1\/config\.ign was not fetched within 1 s: .*ECONNREFUSED/,
  )
  assert.match(stderr, /--fetch-timeout/)
})

test('prints version and help', async () => {
  assert.match((await succeeds(stage('x', {}, '-version'))).stdout, /^Ignition of Slipway \d/)
  const { stdout } = await succeeds(stage('x', {}, '-help'))
  assert.match(stdout, /-platform NAME +akamai, aliyun, applehv, aws,/)
})

test('where there is no network, what needs it is refused by its place, and nothing is written', async () => {
  const user = {
    ignition: { version: '3.4.0' },
    storage: {
      directories: [{ path: '/made' }],
      files: [{ path: '/a', contents: { source: 'https://example.org/a' } }],
    },
  }
  const { status, stderr, stdout } = await stage('all', { user }, '-offline')
  assert.equal(status, 1, stdout)
  assert.match(stderr, /user\.ign:1:\d+: \$\.storage\.files\.0\.contents\.source: .*network/)
  assert.ok(!existsSync(join(host.root, 'made')))
})

test('where there is no network, a config that is elsewhere is refused with the next step', async () => {
  const source = 'https://example.org/a.ign'
  const user = { ignition: { version: '3.4.0', config: { replace: { source } } } }
  const { status, stderr } = await stage('all', { user }, '-offline')
  assert.equal(status, 1)
  assert.match(stderr, /https:\/\/example\.org\/a\.ign needs the network, and the option --offline/)
  assert.match(stderr, /data URLs/)
})
