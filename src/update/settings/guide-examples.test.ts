import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseUpdateSettings } from './settings.ts'

const guide = readFileSync(
  path.join(import.meta.dirname, '../../../docs/guides/update-settings.md'),
  'utf8',
)

test('the guide’s settings are accepted, one for each strategy', () => {
  const blocks = [...guide.matchAll(/^```yaml\n# (\w+)\.yaml\n(.*?)^```$/gms)]
  const strategies = blocks.map(([, name = '', text = '']) => {
    const settings = parseUpdateSettings(text, `${name}.yaml`)
    assert.equal(settings.enabled && settings.strategy, name)
    return name
  })
  assert.deepEqual(strategies, ['immediate', 'window', 'lock', 'manual'])
})
