import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { ScratchHost } from './scratch-host.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

const encoded = (text: string) => ({
  source: `data:;base64,${Buffer.from(text).toString('base64')}`,
})

/** Each kind of step, many times over, so that a kill can come between any two. */
const config = {
  ignition: { version: '3.6.0' },
  storage: {
    directories: numbers(40).flatMap((index) => [
      { path: `/srv/d${index}`, mode: 0o1770, user: { name: 'app' } },
      { path: `/srv/replaced${index}`, overwrite: true, mode: 0o711 },
    ]),
    files: numbers(40).flatMap((index) => [
      {
        path: `/srv/d${index}/f`,
        mode: 0o4750,
        user: { id: index },
        contents: encoded(randomText()),
      },
      { path: `/srv/replaced${index}/f`, contents: encoded('new') },
      { path: `/srv/appended${index}`, append: [encoded('once\n')] },
      { path: `/srv/both${index}`, contents: encoded('a'), append: [encoded('b')], mode: 0o600 },
    ]),
    links: numbers(40).flatMap((index) => [
      { path: `/srv/soft${index}`, target: `d${index}/f`, user: { name: 'app' } },
      { path: `/srv/hard${index}`, target: `/srv/replaced${index}/f`, hard: true },
    ]),
  },
  systemd: {
    units: numbers(40).map((index) => ({
      name: `u${index}.service`,
      enabled: index % 2 === 0,
      mask: index % 5 === 0,
      contents: '[Service]\nExecStart=/x\n[Install]\nWantedBy=multi-user.target\n',
    })),
  },
}

test('a run after SIGKILL at any point ends as an uninterrupted one', async () => {
  const expected = await withHost(async (host) => {
    assert.equal((await host.provision(config)).status, 0)
    return comparable(host)
  })
  let cutsWhileWriting = 0
  for (const attempt of numbers(16))
    await withHost(async (host) => {
      const pristine = host.snapshot().size
      const cut = await host.provisionAndKill(
        config,
        1 + attempt * 22 + Math.floor(Math.random() * 22),
      )
      const progress = host.snapshot()
      const unfinished = !progress.has('/var/lib/slipway/provisioned')
      if (cut && unfinished && progress.size > pristine) cutsWhileWriting++
      const { status, stderr } = await host.provision(config)
      assert.equal(status, 0, stderr)
      assert.deepEqual(comparable(host), expected)
    })
  assert.ok(cutsWhileWriting >= 4, `only ${cutsWhileWriting} kills came while files were written`)
})

async function withHost<T>(use: (host: ScratchHost) => Promise<T>): Promise<T> {
  const host = new ScratchHost()
  try {
    for (const index of numbers(40)) {
      host.put(`/srv/replaced${index}/old`, 'old')
      host.put(`/srv/appended${index}`, 'before\n')
    }
    return await use(host)
  } finally {
    host.remove()
  }
}

/** All of the host but the two files that hold the time. */
function comparable(host: ScratchHost): Map<string, string> {
  const nodes = host.snapshot()
  for (const path of ['/etc/.ignition-result.json', '/var/lib/slipway/provisioned'])
    assert.ok(nodes.delete(path), `${path} is missing`)
  return nodes
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function randomText(): string {
  return randomBytes(20_000).toString('hex')
}
