import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  canonical,
  keyComponents,
  type Result,
  type Stage,
  sourceDigest,
  stageKey,
} from './stage.ts'

const stage: Stage<object> = {
  name: 'example',
  title: 'Example',
  source: import.meta.filename,
  files: {},
  run: async () => null,
}

function result(changes: Partial<Result> = {}): Result {
  const base = { stage: 'before', key: 'k', digest: 'd', directory: '/a', files: {}, facts: {} }
  return { ...base, ...changes }
}

test('canonical JSON does not depend on the order of fields, but on that of lists', () => {
  assert.equal(canonical({ b: [1, { d: 1, c: 2 }], a: null }), '{"a":null,"b":[1,{"c":2,"d":1}]}')
  assert.notEqual(canonical([1, 2]), canonical([2, 1]))
})

test('an earlier result counts by its digest, wherever it lies', () => {
  const key = (inputs: object) => stageKey('example', keyComponents(stage, inputs))
  assert.equal(
    key({ tree: result() }),
    key({ tree: result({ directory: '/b', key: 'other', facts: 1 }) }),
  )
  assert.notEqual(key({ tree: result() }), key({ tree: result({ digest: 'e' }) }))
  assert.notEqual(key({ trees: [result()] }), key({ trees: [result({ digest: 'e' })] }))
})

test('components name the code and each input, so that a change can be told', () => {
  const before = keyComponents(stage, { level: 3, names: ['a'] })
  const after = keyComponents(stage, { names: ['a'], level: 4 })
  assert.deepEqual(Object.keys(before), ['code', 'level', 'names'])
  assert.equal(after.names, before.names)
  assert.equal(after.code, before.code)
  assert.notEqual(after.level, before.level)
})

test('equal inputs of different stages have different keys', () => {
  const components = keyComponents(stage, { level: 3 })
  assert.notEqual(stageKey('one', components), stageKey('two', components))
})

test('the code of a stage is its module and what that imports, however deep', async (t) => {
  const digest = await modules(t, {
    'stage.ts': "import { a } from './a.ts'\nimport type { T } from './types.ts'\n",
    'a.ts': "export { b } from './deep/b.ts'\n",
    'deep/b.ts': "import '../a.ts'\nexport const b = 1\n",
    'types.ts': 'export type T = 1\n',
  })
  const before = await digest()
  assert.equal(await digest({}), before)
  assert.notEqual(await digest({ 'deep/b.ts': 'export const b = 2\n' }), before)
  assert.notEqual(await digest({ 'a.ts': 'export const a = 1\n' }), before)
})

test('types and the wording of errors are not code', async (t) => {
  const digest = await modules(t, {
    'stage.ts': "import type { T } from './types.ts'\nimport { e } from './errors/build.ts'\n",
    'types.ts': 'export type T = 1\n',
    'errors/build.ts': 'export const e = 1\n',
  })
  const before = await digest()
  const changed = { 'types.ts': 'export type T = 2\n', 'errors/build.ts': 'export const e = 2\n' }
  assert.equal(await digest(changed), before)
})

test('an import over several lines counts as well', async (t) => {
  const digest = await modules(t, {
    'stage.ts': "import {\n  type T,\n  a,\n} from './a.ts'\n",
    'a.ts': 'export const a = 1\n',
  })
  const before = await digest()
  assert.notEqual(await digest({ 'a.ts': 'export const a = 2\n' }), before)
})

async function modules(t: TestContext, files: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-stage-'))
  t.after(() => rm(directory, { recursive: true }))
  for (const folder of ['deep', 'errors']) await mkdir(join(directory, folder))
  const write = async (all: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(all)) await writeFile(join(directory, name), text)
  }
  await write(files)
  return async (changes: Readonly<Record<string, string>> = {}) => {
    await write(changes)
    return sourceDigest(join(directory, 'stage.ts'))
  }
}
