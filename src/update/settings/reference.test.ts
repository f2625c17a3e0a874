import path from 'node:path'
import { test } from 'node:test'
import { updateSettingsReference } from './reference.ts'

test('the reference page is what the schema says; --test-update-snapshots writes it anew', (t) => {
  const page = path.join(import.meta.dirname, '../../../docs/reference/update-settings.md')
  t.assert.fileSnapshot(updateSettingsReference(), page, { serializers: [String] })
})
