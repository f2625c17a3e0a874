import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { scratchFolder } from '../slot/testing/disk-image.ts'
import { bootCountVariable } from './boot-count-path.ts'
import { formatEntryName, MAXIMUM_TRIES, newEntryName } from './entry-name.ts'
import { fallbackVariable } from './fallback-variable.ts'

const units = ['initrd', 'system'].map((folder) =>
  readFileSync(
    join(import.meta.dirname, `../../../units/${folder}/slipway-fall-back.service`),
    'utf8',
  ),
)

for (const version of ['1.2', '20261124.3~rc1'])
  for (const [what, file, reboots] of [
    ['its first try', counted(version, 2, 1), true],
    ['its last try', counted(version, 0, 3), true],
    ['the only try', counted(version, 0, 1), true],
    ['the last of as many tries as there may be', counted(version, 0, MAXIMUM_TRIES), true],
    ['tries that nobody counted', newEntryName(version, MAXIMUM_TRIES), true],
    ['one boot more than tries can be', counted(version, 0, MAXIMUM_TRIES + 1), false],
    ['many boots more', counted(version, 0, 12), false],
  ] as const)
    test(`after ${what} a failed boot of ${version} ${reboots ? 'reboots' : 'stops'}`, (context) => {
      for (const unit of units)
        assert.equal(conditionHolds(context, unit, `\\EFI\\Linux\\${file}`), reboots, unit)
    })

test('the units know the variables by the names that are written', () => {
  for (const unit of units)
    for (const name of [bootCountVariable, fallbackVariable])
      assert.match(unit, new RegExp(`^ConditionPathExists=/sys/firmware/efi/efivars/${name}$`, 'm'))
})

function counted(version: string, left: number, done: number): string {
  return formatEntryName({ version, tries: { left, done } })
}

/** Runs the unit's ExecCondition= over a variable as efivarfs shows it. */
function conditionHolds(context: TestContext, unit: string, path: string): boolean {
  const file = join(scratchFolder(context), 'variable')
  writeFileSync(
    file,
    Buffer.concat([Buffer.from([6, 0, 0, 0]), Buffer.from(`${path}\0`, 'utf16le')]),
  )
  const [program = '', ...parameters] = /^ExecCondition=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? []
  assert.equal(parameters.pop(), `/sys/firmware/efi/efivars/${bootCountVariable}`)
  const { status } = spawnSync(program, [...parameters, file])
  assert.ok(status === 0 || status === 1, `${program} ended with ${status}`)
  return status === 0
}
