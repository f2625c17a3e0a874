import path from 'node:path'
import { test } from 'node:test'
import { commandLineReference } from './reference.ts'

test('the reference page is what the verbs say; --test-update-snapshots writes it anew', (t) => {
  const page = path.join(import.meta.dirname, '../../docs/reference/cli.md')
  t.assert.fileSnapshot(commandLineReference(), page, { serializers: [String] })
})
