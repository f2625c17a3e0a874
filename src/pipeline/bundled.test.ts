import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { bundledPackages } from './bundled.ts'

const locked = {
  'node_modules/yaml': { version: '2.9.1', license: 'ISC', integrity: 'sha512-yaml' },
  'node_modules/a/node_modules/@scope/b': { version: '1.0.0' },
}

test('packages are described as the lock file has them, with Node as their runtime', async (t) => {
  const folders = ['node_modules/a/node_modules/@scope/b', 'node_modules/yaml']
  assert.deepEqual(await bundledPackages(await project(t), folders, '26.10.0'), [
    { kind: 'runtime', name: 'node', version: '26.10.0', licence: 'MIT' },
    { kind: 'npm', name: '@scope/b', version: '1.0.0' },
    { kind: 'npm', name: 'yaml', version: '2.9.1', licence: 'ISC', integrity: 'sha512-yaml' },
  ])
})

test('a package that the lock file does not know is refused', async (t) => {
  await assert.rejects(bundledPackages(await project(t), ['node_modules/other'], '26.10.0'), {
    code: 'SLIPWAY_BUILD_NPM_NOT_LOCKED',
    message: /node_modules\/other/,
  })
})

async function project(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-bundled-'))
  t.after(() => rm(directory, { recursive: true }))
  await writeFile(join(directory, 'package-lock.json'), JSON.stringify({ packages: locked }))
  return directory
}
