import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadBaseline, saveBaseline } from './baseline.ts'
import { missingInterfaces } from './checks.ts'
import { addressedInterfaces } from './observe.ts'

async function folder(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'baseline-'))
  t.after(() => rm(directory, { recursive: true }))
  return directory
}

test('a baseline is read as it was saved', async (t) => {
  const file = join(await folder(t), 'update/baseline.json')
  const baseline = {
    containers: ['shop-web-1'],
    interfaces: ['enp1s0'],
    refusals: ['shop-web-1 2026-10-01T12:00:00.000Z'],
  }
  await saveBaseline({ containers: [], interfaces: [] }, file)
  await saveBaseline(baseline, file)
  assert.deepEqual(await loadBaseline(file), baseline)
})

test('a host without a baseline has nothing to compare with', async (t) => {
  const file = join(await folder(t), 'baseline.json')
  assert.deepEqual(await loadBaseline(file), { containers: [], interfaces: [] })
})

for (const text of ['{', '[]', '{"containers": "all", "interfaces": []}', '{"containers": []}'])
  test(`a damaged baseline is told, and blames no release: ${text}`, async (t) => {
    const file = join(await folder(t), 'baseline.json')
    await writeFile(file, text)
    const { problem, ...baseline } = await loadBaseline(file)
    assert.deepEqual(baseline, { containers: [], interfaces: [] })
    assert.match(problem ?? '', /baseline\.json: ./)
  })

const address = (text: string, internal = false) => ({
  address: text,
  internal,
  netmask: '',
  mac: '',
  cidr: null,
  family: text.includes(':') ? ('IPv6' as const) : ('IPv4' as const),
  scopeid: 0,
})

test('an interface counts when one of its addresses leads somewhere', () => {
  const interfaces = {
    lo: [address('127.0.0.1', true)],
    eth1: [address('fe80::1'), address('2001:db8::1')],
    eth0: [address('10.0.2.15')],
    eth2: [address('fe80::2')],
    eth3: [address('169.254.3.4')],
    slipway0: [address('172.17.0.1')],
    veth7: [address('fe80::7'), address('10.9.9.9')],
  }
  assert.deepEqual(addressedInterfaces(interfaces), ['eth0', 'eth1'])
})

test('an interface that lost its address is named, a new one is welcome', () => {
  const baseline = { containers: [], interfaces: ['eth0', 'eth1'] }
  assert.equal(missingInterfaces(baseline, ['eth0', 'eth1', 'eth2']), undefined)
  assert.match(missingInterfaces(baseline, ['eth1', 'eth2']) ?? '', /eth0\b.*had one/)
})
