import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { catalogue } from './index.ts'

test('every kind of problem has a test', () => {
  const folder = path.join(import.meta.dirname, '..')
  const tests = globSync('**/*.test.ts', { cwd: folder }).map((file) =>
    readFileSync(path.join(folder, file), 'utf8'),
  )
  const untested = Object.keys(catalogue).filter(
    (code) => !tests.some((text) => new RegExp(`\\b${code}\\b`).test(text)),
  )
  assert.deepEqual(untested, [])
})

test('codes, messages and expectations have their form', () => {
  for (const [code, { message, expected = 'x' }] of Object.entries(catalogue)) {
    assert.match(code, /^IGNITION(?:_[A-Z0-9]+)+$/)
    assert.doesNotMatch(message, /[.!]$/, code)
    assert.doesNotMatch(expected, /^expected|[.!]$/, code)
  }
})

/** The names of the reference implementation's errors, from its config/shared/errors (July 2026). */
const referenceErrors = `
  Invalid Empty Duplicate InvalidVersion UnknownVersion Deprecated CompressionInvalid
  FileUsedSymlink DirectoryUsedSymlink LinkUsedSymlink LinkTargetRequired HardLinkToDirectory
  HardLinkSpecifiesOwner DiskDeviceRequired PartitionNumbersCollide PartitionsOverlap
  PartitionsMisaligned OverwriteAndNilSource VerificationAndNilSource FilesystemInvalidFormat
  LabelNeedsFormat FormatNilWithOthers Ext4LabelTooLong BtrfsLabelTooLong XfsLabelTooLong
  SwapLabelTooLong VfatLabelTooLong VirtiofsCannotHaveLabel VirtiofsDeviceTagTooLong
  UUIDNotSupportedForFormat WipeNotSupportedForFormat MkfsOptionsNotSupportedForFormat
  LuksLabelTooLong LuksNameContainsSlash InvalidLuksKeyFile ClevisPinRequired UnknownClevisPin
  ClevisConfigRequired ClevisCustomWithOthers TangThumbprintRequired InvalidTangAdvertisement
  FileIllegalMode ModeSpecialBits BothIDAndNameSet LabelTooLong DoesntMatchGUIDRegex
  LabelContainsColon NoPath PathRelative DirtyPath NoDevice PartitionsOverwritten
  FilesystemImplicitWipe RaidLevelRequired SparesUnsupportedForLevel UnrecognizedRaidLevel
  RaidDevicesRequired ShouldNotExistWithOthers NeedLabelOrNumber DuplicateLabels InvalidProxy
  InsecureProxy PathConflictsSystemd CexWithClevis CexWithKeyFile InvalidSystemdExt
  InvalidSystemdDropinExt NoSystemdExt InvalidInstantiatedUnit SourceRequired InvalidScheme
  InvalidUrl InvalidHTTPHeader EmptyHTTPHeaderName UnsupportedSchemeForHTTPHeaders HashMalformed
  HashWrongSize HashUnrecognized EngineConfiguration InvalidS3ARN InvalidS3ObjectVersionId
  FilePermissionsUnset DirectoryPermissionsUnset
`
  .trim()
  .split(/\s+/)
  .map((name) => `Err${name}`)

/** Those that no config of 3.0.0 to 3.6.0 can have there, with the reason. */
const without: Readonly<Record<string, string>> = {
  ErrPartitionsMisaligned: 'used nowhere since sizes are MiB',
  ErrVirtiofsCannotHaveLabel: '3.7.0-experimental only',
  ErrVirtiofsDeviceTagTooLong: '3.7.0-experimental only',
  ErrUUIDNotSupportedForFormat: '3.7.0-experimental only',
  ErrWipeNotSupportedForFormat: '3.7.0-experimental only',
  ErrMkfsOptionsNotSupportedForFormat: '3.7.0-experimental only',
  ErrNoDevice: '3.7.0-experimental only',
  ErrNoSystemdExt: 'of the engine, for names that validation has refused',
  ErrInvalidInstantiatedUnit: 'of the engine, for names that validation has refused',
  ErrEngineConfiguration: 'of the engine',
  ErrFilePermissionsUnset: 'used nowhere any more',
  ErrDirectoryPermissionsUnset: 'used nowhere any more',
}

test('each of the 83 errors of the reference implementation has a code, or cannot come up', () => {
  const known = new Set(Object.values(catalogue).flatMap(({ reference = [] }) => reference))
  assert.equal(new Set(referenceErrors).size, 83)
  assert.deepEqual(
    referenceErrors.filter((name) => !known.has(name)),
    referenceErrors.filter((name) => name in without),
  )
})
