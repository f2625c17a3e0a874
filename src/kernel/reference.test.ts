import path from 'node:path'
import { test } from 'node:test'
import { loadKernelRules } from './load.ts'
import { kernelReference } from './reference.ts'

const top = path.join(import.meta.dirname, '../..')

test('the reference page is what the rules say; --test-update-snapshots writes it anew', async (t) => {
  const rules = await loadKernelRules({ directory: path.join(top, 'kernel-configs') })
  const page = path.join(top, 'docs/reference/kernel.md')
  t.assert.fileSnapshot(kernelReference(rules), page, { serializers: [String] })
})
