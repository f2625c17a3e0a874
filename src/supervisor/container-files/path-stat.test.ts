import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseName, goMode } from './path-stat.ts'

test('the mode of a file is told in the bits of Go', () => {
  assert.equal(goMode(0o100644), 0o644)
  assert.equal(goMode(0o040755), 2 ** 31 + 0o755)
  assert.equal(goMode(0o120777), 2 ** 27 + 0o777)
  assert.equal(goMode(0o041777), 2 ** 31 + 2 ** 20 + 0o777)
  assert.equal(goMode(0o106755), 2 ** 23 + 2 ** 22 + 0o755)
  assert.equal(goMode(0o020666), 2 ** 26 + 2 ** 21 + 0o666)
})

test('a path is named by its last part, a dot included', () => {
  assert.equal(baseName('/'), '/')
  assert.equal(baseName('/a/b/'), 'b')
  assert.equal(baseName('/a/.'), '.')
})
