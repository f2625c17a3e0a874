import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { checkYaml } from '../checked-yaml/check.ts'
import { decodeDataUrl, parseConfig } from '../ignition-schema/index.ts'
import { imageFileSchema } from '../image/schema.ts'
import { parseCompose } from '../supervisor/compose/parse.ts'
import { releaseImages } from '../supervisor/release-images/image-set.ts'
import { parseUpdateSettings } from '../update/settings/settings.ts'

const guide = readFileSync(
  path.join(import.meta.dirname, '../../docs/guides/update-server.md'),
  'utf8',
)

test('the guide’s image definition is accepted', () => {
  const { problems, value } = checkYaml(example('images/mine.yaml'), 'mine.yaml', imageFileSchema, {
    inheriting: true,
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(value.updates, { root: 'images/mine.root.json' })
})

test('the guide’s container images are found by the guide’s Compose file', () => {
  const file = 'mine-with-shop.yaml'
  const { problems, value } = checkYaml(example(`images/${file}`), file, imageFileSchema, {
    inheriting: true,
  })
  assert.deepEqual(problems, [])
  const { shop = '', ...others } = releaseImages(value.containerImages, file)
  assert.deepEqual(others, {})
  const { project, ...read } = parseCompose(example('shop.yaml'), 'shop.yaml', {
    releaseImages: { shop },
  })
  assert.deepEqual(read.problems, [])
  assert.match(project?.services[0]?.image ?? '', /^registry\.example\/team\/shop@sha256:4bcf/)
})

test('the guide’s command line makes an Ignition config that brings the guide’s settings', () => {
  const settings = example('update.yaml')
  assert.equal(parseUpdateSettings(settings, 'update.yaml').enabled, true)
  const template = /^cat > config\.ign <<END\n(.*?)^END$/ms.exec(guide)?.[1] ?? ''
  const text = template.replace(/\$\(base64 -w0 update\.yaml\)/g, () =>
    Buffer.from(settings).toString('base64'),
  )
  const { config, problems } = parseConfig(text, 'config.ign')
  assert.deepEqual(problems, [])
  const files = config?.storage?.files?.map(({ path: place, contents }) => {
    const { data } = decodeDataUrl(contents?.source ?? '')
    return [place, Buffer.from(data ?? []).toString('utf8')]
  })
  assert.deepEqual(files, [['/etc/slipway/update.yaml', settings]])
})

/** The YAML example whose first line names the file. */
function example(name: string): string {
  const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
  const found = blocks.find((text) => text.startsWith(`# ${name}`))
  assert.ok(found, `the guide has no example ${name}`)
  return found
}
