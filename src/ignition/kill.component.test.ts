import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runsAll } from '../../vm-tests/extent.ts'
import { valueAt } from '../json/value.ts'
import { configPlaces } from './assembly/places.ts'
import { furnishedHost } from './furnished-host.ts'
import { isProvisioned } from './result.ts'
import { TargetRoot } from './root/target-root.ts'
import type { ScratchHost } from './scratch-host.ts'
import { Fetcher } from './sources/fetcher.ts'
import { fetchStage } from './stages/fetch.ts'
import { filesStage } from './stages/files.ts'
import { serve } from './testing/servers.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

const rounds = 40

const encoded = (text: string) => ({
  source: `data:;base64,${Buffer.from(text).toString('base64')}`,
})

/** Each kind of step; with more than one round, many times over. */
function everything(rounds: number) {
  return {
    ignition: { version: '3.6.0' },
    passwd: {
      groups: [
        { name: 'team', gid: 1500 },
        { name: 'staff', gid: 60 },
        { name: 'tools', system: true },
      ],
      users: [
        ...numbers(rounds).map((index) => ({
          name: `core${index}`,
          passwordHash: '$6$salt$hash',
          groups: ['team'],
          sshAuthorizedKeys: ['ssh-ed25519 AAAA'],
        })),
        { name: 'web', uid: 1700, homeDir: '/home/moved' },
        { name: 'gone', shouldExist: false },
        { name: 'agent', system: true, noCreateHome: true },
      ],
    },
    storage: {
      directories: numbers(rounds).flatMap((index) => [
        { path: `/srv/d${index}`, mode: 0o1770, user: { name: 'app' } },
        { path: `/srv/replaced${index}`, overwrite: true, mode: 0o711 },
      ]),
      files: numbers(rounds).flatMap((index) => [
        {
          path: `/srv/d${index}/f`,
          mode: 0o4750,
          user: { name: `core${index}` },
          contents: encoded(randomText()),
        },
        { path: `/srv/replaced${index}/f`, contents: encoded('new') },
        { path: `/srv/appended${index}`, append: [encoded('once\n')] },
        { path: `/srv/both${index}`, contents: encoded('a'), append: [encoded('b')], mode: 0o600 },
        { path: `/srv/empty${index}`, mode: 0o606 },
      ]),
      links: numbers(rounds).flatMap((index) => [
        { path: `/srv/soft${index}`, target: `d${index}/f`, user: { name: 'app' } },
        { path: `/srv/hard${index}`, target: `/srv/replaced${index}/f`, hard: true },
      ]),
    },
    systemd: {
      units: numbers(rounds).flatMap((index) => [
        { name: `on${index}.service`, enabled: true, contents: '[Service]\n[Install]\n' },
        { name: `off${index}.service`, enabled: false, mask: true },
      ]),
    },
  }
}

test('a run after SIGKILL at any of many calls that change the disk ends as an uninterrupted one', async () => {
  await using server = await serve(() => ({ body: 'fetched' }))
  const source = `http://127.0.0.1:${server.port}/`
  const { storage, ...rest } = everything(1)
  const fetched = [
    { path: '/srv/moved', mode: 0o640, contents: { source } },
    { path: '/srv/copied', mode: 0o640, contents: { source }, append: [{ source }] },
  ]
  const config = { ...rest, storage: { ...storage, files: [...storage.files, ...fetched] } }
  const { expected, calls } = await withHost(async (host) => {
    const made = await host.provisionUntilCall(config, Number.POSITIVE_INFINITY)
    return { expected: comparable(host), calls: made ?? 0 }
  })
  assert.ok(calls > 40, `only ${calls} calls were seen`)
  // Others at the next run of this test; the last ones, which make the marks, always.
  const stride = runsAll ? 1 : 3
  const first = Date.now() % stride
  const pending = numbers(calls)
    .filter((index) => index % stride === first || index >= calls - 6)
    .map((index) => index + 1)
  const tryTheNext = async (): Promise<void> => {
    for (let call = pending.shift(); call !== undefined; call = pending.shift())
      await comesBackFromKillAt(call)
  }
  await Promise.all([tryTheNext(), tryTheNext()])

  function comesBackFromKillAt(call: number): Promise<void> {
    return withHost(async (host) => {
      assert.equal(await host.provisionUntilCall(config, call), undefined)
      await provisionHere(config, host)
      assert.deepEqual(comparable(host), expected, `after a kill at call ${call}`)
    })
  }
})

test('a run after SIGKILL at a random moment ends as an uninterrupted one', async () => {
  const config = everything(rounds)
  const expected = await withHost(async (host) => {
    assert.equal((await host.provision(config)).status, 0)
    return comparable(host)
  })
  let cutsWhileWriting = 0
  for (const attempt of numbers(4))
    await withHost(async (host) => {
      const pristine = host.snapshot().size
      const cut = await host.provisionAndKill(
        config,
        1 + attempt * 80 + Math.floor(Math.random() * 80),
      )
      const progress = host.snapshot()
      const unfinished = !progress.has('/var/lib/slipway/provisioned')
      if (cut && unfinished && progress.size > pristine) cutsWhileWriting++
      const { status, stderr } = await host.provision(config)
      assert.equal(status, 0, stderr)
      assert.deepEqual(comparable(host), expected)
    })
  assert.ok(cutsWhileWriting >= 1, 'no kill came while files were written')
})

/** The stages without a process of their own, which would take most of the time. */
async function provisionHere(config: unknown, host: ScratchHost): Promise<void> {
  const log = { info: () => {}, error: () => {}, problem: () => {} }
  const provided = { source: 'test', data: Buffer.from(JSON.stringify(config)) }
  const provider = { fetch: async () => provided }
  const context = {
    root: new TargetRoot(host.root),
    log,
    provider,
    fetcher: new Fetcher({ log, platform: 'file' }),
    places: configPlaces({ IGNITION_KERNEL_CMDLINE_PATH: '/dev/null' }),
  }
  if (!isProvisioned(context.root)) await filesStage(context, await fetchStage(context))
}

async function withHost<T>(use: (host: ScratchHost) => Promise<T>): Promise<T> {
  const host = furnishedHost()
  try {
    for (const index of numbers(rounds)) {
      host.put(`/srv/replaced${index}/old`, 'old')
      host.put(`/srv/appended${index}`, 'before\n')
    }
    return await use(host)
  } finally {
    host.remove()
  }
}

/**
 * All of the host but the two files that hold the time, and the days of passwords; of the report, which users and groups
 * were made and which were there before.
 */
function comparable(host: ScratchHost): Map<string, string> {
  const nodes = host.snapshot()
  for (const path of ['/etc/.ignition-result.json', '/var/lib/slipway/provisioned'])
    assert.ok(nodes.delete(path), `${path} is missing`)
  const report: unknown = JSON.parse(readFileSync(host.at('/etc/.ignition-result.json'), 'utf8'))
  const accounts = ['made', 'removed', 'skipped'].flatMap((list) =>
    ['users', 'groups'].map((kind) => valueAt(report, list, kind)),
  )
  nodes.set('accounts of the report', JSON.stringify(accounts))
  // The test may run over midnight.
  nodes.set('/etc/shadow', (nodes.get('/etc/shadow') ?? '').replace(/:2\d{4}:/g, ':today:'))
  return nodes
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function randomText(): string {
  return randomBytes(20_000).toString('hex')
}
