import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './program.ts'

test('a program gives its standard output', async () => {
  assert.equal(await run('sh', ['-c', 'cat; echo err >&2'], { input: 'in' }), 'in')
})

test('a program that fails is told with its status and its last lines', async () => {
  await assert.rejects(run('sh', ['-c', 'echo why >&2; exit 3']), {
    code: 'SLIPWAY_BUILD_PROGRAM_FAILED',
    message: 'sh failed (exit status 3): why',
  })
})

test('a program that is missing is told with the package that brings it', async () => {
  await assert.rejects(run('bwrap', [], { env: { PATH: '/nowhere' } }), {
    code: 'SLIPWAY_BUILD_PROGRAM_MISSING',
    next: /apt-get install bubblewrap/,
  })
})

test('a full disk is told as such, whatever program met it', async () => {
  await assert.rejects(run('tee', ['/dev/full'], { input: 'x', doing: 'testing' }), {
    code: 'SLIPWAY_BUILD_DISK_FULL',
    message: /while testing/,
  })
})

test('an interrupted program is ended, and the reason is the signal’s', async () => {
  const controller = new AbortController()
  const reason = new Error('Ctrl-C')
  setTimeout(() => controller.abort(reason), 100)
  await assert.rejects(run('sleep', ['60'], { signal: controller.signal }), reason)
})

test('what an interrupted program started ends with it, even if it takes no notice', {
  timeout: 120_000,
}, async () => {
  const controller = new AbortController()
  const reason = new Error('Ctrl-C')
  setTimeout(() => controller.abort(reason), 100)
  // The child holds the output open: without an end to it, the wait would be for a minute.
  const script = 'trap "" TERM; sleep 60 & exec sleep 60'
  await assert.rejects(run('sh', ['-c', script], { signal: controller.signal }), reason)
})
