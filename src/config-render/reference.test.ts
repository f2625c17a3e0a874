import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { localFiles } from './local-files.ts'
import { renderReference } from './reference.ts'
import { renderConfig } from './render.ts'
import { directoryWith, places } from './testing/render-text.ts'

const docs = path.join(import.meta.dirname, '../../docs')

test('the reference page is what the catalogue says; --test-update-snapshots writes it anew', (t) => {
  const page = path.join(docs, 'reference/config-render.md')
  t.assert.fileSnapshot(renderReference(), page, { serializers: [String] })
})

test('the guide’s configs render without a word, for hosts as they are', (t) => {
  const guide = readFileSync(path.join(docs, 'guides/write-a-config.md'), 'utf8')
  const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
  const configs = blocks.filter((text) => text.includes('variant:'))
  assert.equal(configs.length, 4)
  const directory = directoryWith(t, {
    'shop.yaml': 'services: {shop: {image: registry.example/team/shop:3}}\n',
    'etc/motd.d/team': 'Ask the team.\n',
    'ca.pem': 'PEM\n',
  })
  const options = { files: localFiles(directory), strict: true, specificationOnly: false }
  for (const text of configs) assert.deepEqual(places(renderConfig(text, 'host.yaml', options)), [])
})
