import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Ledger, problemsOf, type Shown } from './ledger.ts'

const shown = (Status: string, ExitCode = 0, RestartCount = 0): Shown => ({
  Id: 'ab',
  Name: '/job',
  RestartCount,
  State: { Status, ExitCode, Pid: 0 },
})

/** A job that ends with 7, of which somebody was told. */
function promisedJob(how: { restarts?: boolean; mayBeGone?: boolean } = {}): Ledger {
  const ledger = new Ledger()
  ledger.begin('job', { exitCode: 7, ...how })
  ledger.promise('job')
  return ledger
}

describe('the ledger of what kills must not undo', () => {
  it('is content with a job that ran once and ended as it does', () => {
    assert.deepEqual(problemsOf(promisedJob(), [shown('exited', 7)], new Map([['job', 1]])), [])
  })

  for (const [what, container, starts, problem] of [
    ['a second start', shown('exited', 7), 2, /started 2 times, not 1/],
    ['a container that is lost', undefined, 1, /nobody knows it/],
    ['another exit code', shown('exited', 255), 1, /ended with 7, shown is 255/],
    ['a run that no record tells of', shown('created'), 1, /its start is forgotten/],
    ['a promise without a run', shown('created'), 0, /never started/],
    ['a job that is still said to run', shown('running'), 1, /it is running/],
  ] as const)
    it(`finds ${what}`, () => {
      const containers = container === undefined ? [] : [container]
      const problems = problemsOf(promisedJob(), containers, new Map([['job', starts]]))
      assert.match(problems.join('\n'), problem)
    })

  it('counts the starts that were asked for and those of a policy', () => {
    const ledger = promisedJob({ restarts: true })
    ledger.startAgain('job')
    assert.deepEqual(problemsOf(ledger, [shown('exited', 7, 2)], new Map([['job', 4]])), [])
    assert.equal(problemsOf(ledger, [shown('exited', 7, 2)], new Map([['job', 5]])).length, 1)
  })

  it('misses nothing of what was to go', () => {
    assert.deepEqual(problemsOf(promisedJob({ mayBeGone: true }), [], new Map([['job', 1]])), [])
  })
})
