import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import type { KernelFlavour } from '../image/definition.ts'
import {
  checkKernelConfig,
  closedGaps,
  missText,
  parseKernelConfig,
  refuseUnknownMisses,
  unknownMisses,
} from './check.ts'
import { loadKernelRules } from './load.ts'
import { type KernelFragment, type KernelGap, rulesFor } from './rules.ts'

const fragment: KernelFragment = {
  name: 'verity',
  about: 'verity',
  flavours: ['cloud', 'generic'],
  requirements: [
    { option: 'DM_VERITY', values: ['y', 'm'], reason: 'opens /usr' },
    { option: 'DEVMEM', values: [], reason: 'is all memory' },
    { option: 'MMAP_MIN', values: ['65536'], reason: 'null pointers' },
  ],
}

const gap: KernelGap = {
  option: 'DEVMEM',
  leaves: 'root can open /dev/mem',
  answer: { kind: 'accepted', because: 'only root can' },
}

const good = 'CONFIG_DM_VERITY=m\n# CONFIG_DEVMEM is not set\nCONFIG_MMAP_MIN=65536\n'

test('a config that meets every requirement has no miss', () => {
  assert.deepEqual(checkKernelConfig(good, [fragment], []), [])
})

for (const [title, config, texts] of [
  [
    'a required option that is off is missed',
    good.replace('CONFIG_DM_VERITY=m', '# CONFIG_DM_VERITY is not set'),
    ['CONFIG_DM_VERITY is not set, must be y or m (verity: opens /usr)'],
  ],
  [
    'a required option that the kernel does not know is missed',
    good.replace('CONFIG_DM_VERITY=m\n', ''),
    ['CONFIG_DM_VERITY is not set, must be y or m (verity: opens /usr)'],
  ],
  [
    'a forbidden option that is on is a miss',
    good.replace('# CONFIG_DEVMEM is not set', 'CONFIG_DEVMEM=y'),
    ['CONFIG_DEVMEM is y, must not be set (verity: is all memory)'],
  ],
  [
    'a forbidden option that is a module is a miss',
    good.replace('# CONFIG_DEVMEM is not set', 'CONFIG_DEVMEM=m'),
    ['CONFIG_DEVMEM is m, must not be set (verity: is all memory)'],
  ],
  [
    'another value is a miss',
    good.replace('65536', '4096'),
    ['CONFIG_MMAP_MIN is 4096, must be 65536 (verity: null pointers)'],
  ],
  [
    'an option whose name only begins alike does not count',
    good.replace('CONFIG_DM_VERITY=m', 'CONFIG_DM_VERITY_FEC=m'),
    ['CONFIG_DM_VERITY is not set, must be y or m (verity: opens /usr)'],
  ],
] as const)
  test(title, () => {
    assert.deepEqual(checkKernelConfig(config, [fragment], []).map(missText), texts)
  })

test('an empty config misses everything required at once', () => {
  assert.equal(checkKernelConfig('', [fragment], []).length, 2)
})

test('texts lose their quotes', () => {
  assert.equal(parseKernelConfig('CONFIG_LSM="landlock,ipe"\n').get('LSM'), 'landlock,ipe')
})

test('a miss that a gap answers for carries it, and does not fail the build', () => {
  const config = good.replace('# CONFIG_DEVMEM is not set', 'CONFIG_DEVMEM=y')
  const misses = checkKernelConfig(config, [fragment], [gap])
  assert.deepEqual(
    misses.map((miss) => miss.gap),
    [gap],
  )
  assert.deepEqual(unknownMisses(misses), [])
  refuseUnknownMisses(misses, '6.12')
})

test('misses that nobody knew fail the build with every one of them', () => {
  const misses = checkKernelConfig('CONFIG_DEVMEM=y\n', [fragment], [gap])
  assert.throws(() => refuseUnknownMisses(misses, '6.12.1-cloud'), {
    code: 'SLIPWAY_KERNEL_CONFIG_MISSES',
    message: `The kernel 6.12.1-cloud misses 2 requirements:
CONFIG_DM_VERITY is not set, must be y or m (verity: opens /usr)
CONFIG_MMAP_MIN is not set, must be 65536 (verity: null pointers)`,
  })
})

test('a gap that the kernel has closed by itself is told', () => {
  assert.deepEqual(closedGaps(checkKernelConfig(good, [fragment], [gap]), [gap]), [gap])
})

const flavours: readonly KernelFlavour[] = ['cloud', 'generic']
for (const flavour of flavours)
  test(`Debian's ${flavour} kernel misses nothing but the known gaps, and no gap is stale`, async () => {
    const rules = rulesFor(
      await loadKernelRules({
        directory: path.join(import.meta.dirname, '../../kernel-configs'),
      }),
      flavour,
    )
    const config = await readFile(
      path.join(import.meta.dirname, `test-data/debian-6.12-${flavour}.config`),
      'utf8',
    )
    const misses = checkKernelConfig(config, rules.fragments, rules.gaps)
    assert.deepEqual(unknownMisses(misses).map(missText), [])
    assert.deepEqual(closedGaps(misses, rules.gaps), [])
    assert.ok(misses.some((miss) => miss.option === 'MODULE_SIG_FORCE'))
  })
