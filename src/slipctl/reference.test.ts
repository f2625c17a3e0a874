import path from 'node:path'
import { test } from 'node:test'
import { slipctlReference } from './reference.ts'

test('the reference page is what slipctl says; --test-update-snapshots writes it anew', (t) => {
  const page = path.join(import.meta.dirname, '../../docs/reference/slipctl.md')
  t.assert.fileSnapshot(slipctlReference(), page, { serializers: [String] })
})
