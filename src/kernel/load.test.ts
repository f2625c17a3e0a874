import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { InvalidKernelRulesError } from '../errors/kernel.ts'
import { loadKernelRules } from './load.ts'
import { rulesFor } from './rules.ts'

async function withRules<T>(
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(path.join(tmpdir(), 'slipway-kernel-'))
  try {
    for (const [name, text] of Object.entries(files))
      await writeFile(path.join(directory, name), text)
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function mistakes(files: Readonly<Record<string, string>>): Promise<string[]> {
  return await withRules(files, async (directory) => {
    const error = await loadKernelRules({ directory }).then(
      () => assert.fail('the rules loaded without a mistake'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof InvalidKernelRulesError, String(error))
    return error.problems.map(
      ({ file, line, column, path: field, message }) =>
        `${path.basename(file)}:${line}:${column} ${field}: ${message}`,
    )
  })
}

const verity = 'about: verity\noptions:\n  DM_VERITY: { value: y|m, reason: opens /usr }\n'
const metal =
  'about: metal\nflavours: [generic]\noptions:\n  X32: { value: forbidden, reason: unused }\n'
const gaps = 'gaps:\n  X32: { leaves: x32, accepted: Debian disables it }\n'

test('fragments and gaps become requirements and answers', async () => {
  const rules = await withRules(
    { 'verity.yaml': verity, 'metal.yaml': metal, 'known-gaps.yaml': gaps },
    (directory) => loadKernelRules({ directory }),
  )
  assert.deepEqual(rules, {
    fragments: [
      {
        name: 'metal',
        about: 'metal',
        flavours: ['generic'],
        requirements: [{ option: 'X32', values: [], reason: 'unused' }],
      },
      {
        name: 'verity',
        about: 'verity',
        flavours: ['cloud', 'generic'],
        requirements: [{ option: 'DM_VERITY', values: ['y', 'm'], reason: 'opens /usr' }],
      },
    ],
    gaps: [
      {
        option: 'X32',
        leaves: 'x32',
        answer: { kind: 'accepted', because: 'Debian disables it' },
      },
    ],
  })
  const cloud = rulesFor(rules, 'cloud')
  assert.deepEqual(
    cloud.fragments.map((fragment) => fragment.name),
    ['verity'],
  )
  assert.deepEqual(cloud.gaps, [], 'a gap of the generic kernel is none of the cloud kernel')
})

test('every mistake of every file comes at once, at its line', async () => {
  const found = await mistakes({
    'a.yaml':
      'about: a\noptions:\n  CONFIG_X: { value: y, reason: r }\n  Y: { vale: y, reason: r }\n',
    'b.yaml': 'options:\n  Z: { value: "y |m", reason: "" }\n',
    'known-gaps.yaml': 'gaps: []\n',
  })
  assert.deepEqual(found, [
    'a.yaml:3:3 options.CONFIG_X: as key, expected an option in capitals, without CONFIG_, found "CONFIG_X"',
    'a.yaml:4:6 options.Y.value: missing; expected y, m, y|m, a quoted value, or forbidden',
    'a.yaml:4:8 options.Y.vale: unknown key; did you mean "value"?',
    'b.yaml:1:1 about: missing; expected a sentence',
    'b.yaml:2:15 options.Z.value: expected y, m, y|m, a quoted value, or forbidden, found "y |m"',
    'b.yaml:2:31 options.Z.reason: expected a sentence, found ""',
    'known-gaps.yaml:1:7 gaps: expected a map, found a list',
  ])
})

test('an option of two fragments is a mistake', async () => {
  assert.deepEqual(
    await mistakes({ 'a.yaml': verity, 'b.yaml': verity, 'known-gaps.yaml': 'gaps: {}\n' }),
    ['b.yaml:3:14 options.DM_VERITY: a.yaml speaks of it already'],
  )
})

for (const [title, entry, message] of [
  [
    'a gap in what nobody requires is a mistake',
    'DM_VERTY: { leaves: l, accepted: a }',
    'gaps.DM_VERTY: no fragment speaks of it; did you mean "DM_VERITY"?',
  ],
  [
    'a gap without an answer is a mistake',
    'DM_VERITY: { leaves: l }',
    'gaps.DM_VERITY: expected either closedBy or accepted',
  ],
  [
    'a gap that is both closed and accepted is a mistake',
    'DM_VERITY: { leaves: l, accepted: a, closedBy: { commandLine: [x] } }',
    'gaps.DM_VERITY: expected either closedBy or accepted',
  ],
  [
    'a gap closed by nothing is a mistake',
    'DM_VERITY: { leaves: l, closedBy: { files: { /proc/x: y } } }',
    'gaps.DM_VERITY.closedBy: expected an argument or a sysctl that closes it',
  ],
  [
    'a sysctl whose value is a number is told to be quoted',
    'DM_VERITY: { leaves: l, closedBy: { sysctls: { kernel.sysrq: 0 } } }',
    'gaps.DM_VERITY.closedBy.sysctls["kernel.sysrq"]: expected the value as a quoted text, found the number 0; quote it to make it a text',
  ],
] as const)
  test(title, async () => {
    const [found = ''] = await mistakes({
      'verity.yaml': verity,
      'known-gaps.yaml': `gaps:\n  ${entry}\n`,
    })
    assert.equal(found.replace(/^known-gaps\.yaml:2:\d+ /, ''), message)
  })

test('a folder without the list of gaps is refused', async () => {
  await withRules({ 'verity.yaml': verity }, async (directory) => {
    await assert.rejects(loadKernelRules({ directory }), {
      code: 'SLIPWAY_KERNEL_RULES_UNREADABLE',
    })
  })
})
