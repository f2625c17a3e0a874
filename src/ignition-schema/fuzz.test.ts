import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Config,
  hasErrors,
  mergeConfigs,
  parseConfig,
  validateConfig,
  versions,
} from './index.ts'
import { damaged } from './testing/mutations.ts'
import { randomNumbers } from './testing/random.ts'
import { sampleConfig } from './testing/sample-config.ts'

const rounds = 500

function textOf(seed: number): string {
  const random = randomNumbers(seed)
  const config = sampleConfig(random, seed % versions.length)
  return random() < 0.3 ? JSON.stringify(config) : damaged(config, random)
}

/** Valid configs of every version, each with the seed that makes it. */
function validConfigs(): [seed: number, config: Config][] {
  return Array.from({ length: rounds }, (_, seed) => seed).flatMap((seed) => {
    const { config } = parseConfig(textOf(seed), 'test')
    return config === undefined ? [] : [[seed, config]]
  })
}

test('every text gets problems or a config, and each problem a place inside the text', () => {
  for (let seed = 0; seed < rounds; seed++) {
    const text = textOf(seed)
    const lines = text.split('\n')
    const { config, problems } = parseConfig(text, 'test')
    assert.equal(config === undefined, hasErrors(problems), `seed ${seed}`)
    for (const { line, column, path } of problems) {
      const length = lines[line - 1]?.length
      assert.ok(
        length !== undefined && column >= 1 && column <= length + 1,
        `seed ${seed}: ${path}`,
      )
    }
  }
})

test('what was read and translated is valid, and read back is the same', () => {
  const configs = validConfigs()
  assert.ok(configs.length > rounds / 5, `only ${configs.length} configs were valid`)
  for (const [seed, config] of configs) {
    assert.equal(hasErrors(validateConfig(config)), false, `seed ${seed}`)
    assert.deepEqual(parseConfig(JSON.stringify(config), 'test').config, config, `seed ${seed}`)
  }
})

test('two valid configs merge to one that is read back as it is, or has findings', () => {
  const configs = validConfigs()
  let valid = 0
  configs.forEach(([seed, parent], index) => {
    const [other, child] = configs[(index + 1) % configs.length] ?? [seed, parent]
    const merged = mergeConfigs(parent, child)
    if (hasErrors(validateConfig(merged))) return
    valid++
    const read = parseConfig(JSON.stringify(merged), 'test').config
    assert.deepEqual(read, merged, `seeds ${seed} and ${other}`)
  })
  assert.ok(valid > configs.length / 10, `only ${valid} pairs were valid`)
})

test('random bytes are refused', () => {
  const random = randomNumbers(7)
  for (let round = 0; round < rounds; round++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => random() * 256)
    assert.ok(hasErrors(parseConfig(bytes, 'test').problems), Buffer.from(bytes).toString('hex'))
  }
})
