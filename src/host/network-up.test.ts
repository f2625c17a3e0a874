import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRoutable, networkIsUp } from './network-up.ts'

const states: readonly [string, boolean][] = [
  ['# This is private data. Do not parse.\nOPER_STATE=routable\nCARRIER_STATE=carrier\n', true],
  ['OPER_STATE=degraded\nADDRESS_STATE=routable\n', false],
  ['OPER_STATE=no-carrier\n', false],
  ['', false],
]

for (const [text, expected] of states)
  test(`a network with ${JSON.stringify(text)} is ${expected ? '' : 'not '}up`, () =>
    assert.equal(isRoutable(text), expected))

test('whoever waits for the network goes on when it comes, even if there was no file before', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'network-up-'))
  t.after(() => rm(directory, { recursive: true }))
  const file = join(directory, 'state')
  const up = networkIsUp({ timeoutMs: 20_000, file })
  await writeFile(file, 'OPER_STATE=carrier\n')
  await writeFile(file, 'OPER_STATE=routable\n')
  assert.equal(await up, true)
})

test('a host without a network does not wait for ever', async () => {
  assert.equal(await networkIsUp({ timeoutMs: 60, file: '/nonexistent/state' }), false)
})

test('a wait for the network ends with the signal’s reason', async () => {
  const ending = new AbortController()
  const up = networkIsUp({ timeoutMs: 20_000, file: '/nonexistent/state', signal: ending.signal })
  ending.abort(new Error('the supervisor ends'))
  await assert.rejects(up, /aborted|the supervisor ends/)
})
