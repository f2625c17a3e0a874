import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hostDirectories } from '../directories.ts'
import { systemdScope } from './scope.ts'
import { testContainer } from './testing/container.ts'

describe('the scope of a container', () => {
  for (const [what, service, expected] of [
    ['has Docker’s ten seconds unless told', {}, '10000ms'],
    ['has the grace period of its service', { stopGraceMs: 90_000 }, '90000ms'],
    ['has an end even without grace, since 0 means for ever', { stopGraceMs: 0 }, '1ms'],
  ] as const)
    it(what, () => {
      const words = systemdScope(hostDirectories).wrap(testContainer(service), ['conmon'])
      assert.ok(words.includes(`--property=TimeoutStopSec=${expected}`), words.join(' '))
      assert.ok(words.includes('--property=Before=slipway-supervisor.service'))
      assert.equal(words.at(-1), 'conmon')
    })
})
