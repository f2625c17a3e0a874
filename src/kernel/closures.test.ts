import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { listImages, loadImage } from '../image/load.ts'
import { gapClosures, lackingArguments, sysctlFile } from './closures.ts'
import { loadKernelRules } from './load.ts'
import { type KernelGap, rulesFor } from './rules.ts'

const top = path.join(import.meta.dirname, '../..')

const gaps: readonly KernelGap[] = [
  {
    option: 'KEXEC',
    leaves: 'kexec',
    answer: {
      kind: 'closed',
      by: {
        commandLine: ['lockdown=integrity'],
        sysctls: { 'kernel.kexec_load_disabled': '1' },
        files: {},
      },
    },
  },
  {
    option: 'DEVMEM',
    leaves: '/dev/mem',
    answer: {
      kind: 'closed',
      by: {
        commandLine: ['lockdown=integrity'],
        sysctls: {},
        files: { '/sys/kernel/security/lockdown': 'none [integrity] confidentiality' },
      },
    },
  },
  { option: 'USELIB', leaves: 'uselib', answer: { kind: 'accepted', because: 'no switch' } },
]

test('what closes several gaps is named once, with all of them', () => {
  assert.deepEqual(gapClosures(gaps), {
    commandLine: [{ argument: 'lockdown=integrity', options: ['KEXEC', 'DEVMEM'] }],
    sysctls: [{ name: 'kernel.kexec_load_disabled', value: '1', options: ['KEXEC'] }],
    files: [
      {
        path: '/sys/kernel/security/lockdown',
        content: 'none [integrity] confidentiality',
        options: ['DEVMEM'],
      },
    ],
  })
})

test('an argument counts only as a whole', () => {
  const closures = gapClosures(gaps)
  assert.deepEqual(lackingArguments(['rw', 'lockdown=integrity'], closures), [])
  assert.deepEqual(
    lackingArguments(['lockdown=none'], closures).map(({ argument }) => argument),
    ['lockdown=integrity'],
  )
})

test('the sysctl file sets each value and says which gap it closes', () => {
  assert.equal(
    sysctlFile(gapClosures(gaps)),
    `# Generated from kernel-configs/known-gaps.yaml.
# closes KEXEC
kernel.kexec_load_disabled = 1
`,
  )
})

test('every shipped image has the arguments that the gaps of its kernel need', async () => {
  const rules = await loadKernelRules({ directory: path.join(top, 'kernel-configs') })
  const directory = path.join(top, 'images')
  for (const name of await listImages({ directory })) {
    const { kernel } = await loadImage(name, { directory })
    const closures = gapClosures(rulesFor(rules, kernel.flavour).gaps)
    assert.ok(closures.commandLine.length > 0)
    assert.deepEqual(lackingArguments(kernel.commandLine, closures), [], name)
  }
})
