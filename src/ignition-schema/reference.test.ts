import path from 'node:path'
import { test } from 'node:test'
import { problemReference } from './reference.ts'

test('the reference page is what the catalogue says; --test-update-snapshots writes it anew', (t) => {
  const page = path.join(import.meta.dirname, '../../docs/reference/ignition-problems.md')
  t.assert.fileSnapshot(problemReference(), page, { serializers: [String] })
})
