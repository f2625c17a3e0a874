import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Exit, restartDelayMs } from './restart-policy.ts'
import type { RestartPolicy } from './spec.ts'

const crash: Exit = { exitCode: 1, durationMs: 50, restartCount: 0, backoffMs: 0 }
const policy = (name: RestartPolicy['name'], maximumRetryCount = 0) => ({ name, maximumRetryCount })

describe('the restart policy', () => {
  for (const [what, restart, exit, delayMs] of [
    ['no leaves a crashed container', policy('no'), crash, undefined],
    ['always restarts after a crash', policy('always'), crash, 100],
    ['always restarts after success', policy('always'), { ...crash, exitCode: 0 }, 100],
    ['unless-stopped restarts', policy('unless-stopped'), crash, 100],
    ['on-failure restarts after a crash', policy('on-failure'), crash, 100],
    ['on-failure leaves success', policy('on-failure'), { ...crash, exitCode: 0 }, undefined],
    ['on-failure:2 restarts twice', policy('on-failure', 2), { ...crash, restartCount: 1 }, 100],
    ['on-failure:2 gives up', policy('on-failure', 2), { ...crash, restartCount: 2 }, undefined],
    ['the delay doubles', policy('always'), { ...crash, backoffMs: 400 }, 800],
    ['the delay ends at a minute', policy('always'), { ...crash, backoffMs: 51_200 }, 60_000],
    [
      'a run of ten seconds resets the delay',
      policy('always'),
      { ...crash, backoffMs: 60_000, durationMs: 10_000 },
      100,
    ],
  ] as const)
    it(what, () => {
      assert.equal(restartDelayMs(restart, exit), delayMs)
    })
})
