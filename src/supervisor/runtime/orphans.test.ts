import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPassing } from './orphans.ts'

const line = (...words: string[]) => `${words.join('\0')}\0`
const directories = ['/run/slipway', '/var/lib/slipway']

describe('what an earlier supervisor has left at work', () => {
  for (const [what, words, expected] of [
    ['netavark', ['netavark', '--config', '/run/slipway/netavark', 'setup', 'x'], true],
    ['crun by its path', ['/usr/bin/crun', '--root', '/run/slipway/crun', 'start', 'x'], true],
    ['a mount of a layer', ['mount', '-t', 'overlay', 'x', '/var/lib/slipway/containers/x'], true],
    ['no monitor', ['conmon', '--bundle', '/run/slipway/containers/x'], false],
    ["nobody else's crun", ['crun', '--root', '/run/user/1000/crun', 'start', 'x'], false],
    ['no process of the kernel', [''], false],
  ] as const)
    it(`is ${what}`, () => {
      assert.equal(isPassing(line(...words), directories), expected)
    })
})
