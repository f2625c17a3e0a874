import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Config, mergeConfigs, validateConfig, versions } from './index.ts'
import { randomNumbers } from './testing/random.ts'
import { randomConfig } from './testing/random-config.ts'
import { upToNewest } from './translate.ts'

const rounds = 300
const empty: Config = { ignition: { version: '3.6.0' } }

/** Without headers that remove others, and with each path and kernel argument of one kind only. */
function monotonous(config: Config): Config {
  const text = JSON.stringify(config, (key, value: unknown) =>
    key === 'httpHeaders' || key === 'shouldNotExist' || key === 'links' || key === 'directories'
      ? undefined
      : value,
  )
  return JSON.parse(text)
}

test('merging with an empty config changes nothing', () => {
  const random = randomNumbers(1)
  for (let round = 0; round < rounds; round++) {
    const config = randomConfig(random)
    assert.deepEqual(mergeConfigs(empty, config), config)
    assert.deepEqual(mergeConfigs(config, empty), config)
  }
})

test('it does not matter which of three configs are merged first, where no item is removed', () => {
  const random = randomNumbers(2)
  for (let round = 0; round < rounds; round++) {
    const [one, two, three] = [1, 2, 3].map(() => monotonous(randomConfig(random)))
    assert.ok(one && two && three)
    assert.deepEqual(
      mergeConfigs(mergeConfigs(one, two), three),
      mergeConfigs(one, mergeConfigs(two, three)),
    )
  }
})

test('where items are removed, it does matter', () => {
  const file: Config = { ...empty, storage: { files: [{ path: '/a', mode: 0o600 }] } }
  const link: Config = { ...empty, storage: { links: [{ path: '/a', target: '/b' }] } }
  const again: Config = { ...empty, storage: { files: [{ path: '/a' }] } }
  assert.deepEqual(mergeConfigs(mergeConfigs(file, link), again), again)
  assert.deepEqual(mergeConfigs(file, mergeConfigs(link, again)), file)
})

test('merging makes no duplicates', () => {
  const random = randomNumbers(3)
  const hasDuplicates = (config: Config) =>
    validateConfig(config).some(({ code }) => code === 'IGNITION_DUPLICATE')
  let merged = 0
  for (let round = 0; round < rounds * 10; round++) {
    const [parent, child] = [randomConfig(random), randomConfig(random)]
    if (hasDuplicates(parent) || hasDuplicates(child)) continue
    merged++
    assert.equal(hasDuplicates(mergeConfigs(parent, child)), false)
  }
  assert.ok(merged > 50, `only ${merged} pairs were valid`)
})

test('translating keeps everything but the version and special bits', () => {
  const random = randomNumbers(4)
  for (const minor of versions.keys())
    for (let round = 0; round < rounds / 10; round++) {
      const config = randomConfig(random, minor)
      assert.deepEqual(upToNewest(config, minor), { ...config, ignition: { version: '3.6.0' } })
    }
})
