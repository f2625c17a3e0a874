import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { decodeDataUrl, parseConfig } from '../ignition-schema/index.ts'
import type { ComposeFiles } from '../supervisor/compose/compose-files.ts'
import { parseCompose } from '../supervisor/compose/parse.ts'
import { parseSettings } from '../supervisor/settings/settings.ts'

const guide = readFileSync(
  path.join(import.meta.dirname, '../../docs/guides/declare-containers.md'),
  'utf8',
)

test('the guide’s Compose file is accepted', () => {
  const { project, problems } = parseCompose(example('web.yaml'), 'web.yaml')
  assert.deepEqual(problems, [])
  assert.deepEqual(
    project?.services.map(({ containerName }) => containerName),
    ['web-web-1'],
  )
})

test('the guide’s services are stopped as it says', () => {
  const { project, problems } = parseCompose(example('shop.yaml'), 'shop.yaml')
  assert.deepEqual(problems, [])
  assert.deepEqual(
    project?.services.map(({ dependsOn, stopSignal, stopGracePeriodMs }) => [
      dependsOn,
      stopSignal,
      stopGracePeriodMs,
    ]),
    [
      [undefined, 'SIGINT', 120_000],
      [['db'], undefined, undefined],
    ],
  )
})

test('the guide’s service has the files that it names', () => {
  const beside: Readonly<Record<string, string>> = {
    '/compose/secrets/relay-password': 'hush',
    '/compose/mail/routes': 'a b',
  }
  const files: ComposeFiles = {
    read: (name) => {
      const text = beside[name]
      return text === undefined ? { kind: 'absent' } : { kind: 'content', bytes: Buffer.from(text) }
    },
  }
  const { project, problems } = parseCompose(example('mail.yaml'), '/compose/mail.yaml', { files })
  assert.deepEqual(problems, [])
  assert.equal(project?.services[0]?.image, 'registry.example/team/mail:7')
  assert.deepEqual(
    project?.services[0]?.files?.map(({ target }) => target),
    ['/etc/mail/routes', '/run/secrets/relay-password'],
  )
})

test('the guide’s settings are accepted', () => {
  const { registries } = parseSettings(example('supervisor.yaml'), 'supervisor.yaml')
  assert.deepEqual(Object.keys(registries), ['registry.example'])
})

test('the guide’s command line makes an Ignition config that brings the example files', () => {
  const template = /^cat > config\.ign <<END\n(.*?)^END$/ms.exec(guide)?.[1] ?? ''
  const text = template.replace(/\$\(base64 -w0 ([\w.]+)\)/g, (_, name: string) =>
    Buffer.from(example(name)).toString('base64'),
  )
  const { config, problems } = parseConfig(text, 'config.ign')
  assert.deepEqual(problems, [])
  const files = config?.storage?.files?.map(({ path: place, mode, contents }) => {
    const { data } = decodeDataUrl(contents?.source ?? '')
    return [place, mode, Buffer.from(data ?? []).toString('utf8')]
  })
  assert.deepEqual(files, [
    ['/etc/slipway/compose/web.yaml', 0o600, example('web.yaml')],
    ['/etc/slipway/supervisor.yaml', 0o600, example('supervisor.yaml')],
  ])
})

/** The YAML example whose first line names the file. */
function example(name: string): string {
  const blocks = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
  const found = blocks.find((text) => text.startsWith(`# ${name}`))
  assert.ok(found, `the guide has no example ${name}`)
  return found
}
