import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openProvider, platforms } from './registry.ts'

test('the reference page has every platform, and no other', () => {
  const page = new URL('../../../docs/reference/ignition-platforms.md', import.meta.url)
  const [, table = ''] = readFileSync(page, 'utf8').split('| name | platform | the config is |')
  const named = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `([a-z]+)` \|/gm)]
  assert.deepEqual(
    named.map(([, name]) => name),
    platforms,
  )
})

test('opens the provider of each platform, and of nothing else', () => {
  for (const platform of platforms) assert.ok(openProvider(platform))
  assert.throws(() => openProvider('constructor'), RangeError)
})
