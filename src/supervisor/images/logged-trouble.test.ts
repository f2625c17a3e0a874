import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loggedTrouble } from './logged-trouble.ts'

test('a pull that nobody watches tells of its trouble, and of nothing else', () => {
  const words: string[] = []
  const log = {
    info: assert.fail,
    warning: (message: string) => words.push(message),
    error: assert.fail,
  }
  const listener = loggedTrouble('r.example/app', log)
  listener({ phase: 'downloaded', digest: 'sha256:1', sizeBytes: 1 })
  listener({ phase: 'retrying', url: 'https://r.example/v2/', reason: 'it broke', delayMs: 1500 })
  listener({ phase: 'mirror-failed', mirror: 'https://m.example', reason: 'no answer' })
  assert.deepEqual(words, [
    'pulling r.example/app: again in 2 s: it broke',
    'pulling r.example/app: the mirror https://m.example is passed over: no answer',
  ])
})
