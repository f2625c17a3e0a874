import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declaredLicences, spdxExpression } from './licences.ts'

const machineReadable = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: boat

Files: *
Copyright: 2020 Anna
License: GPL-2+
 This program is free software.
 .
 More text.

Files:
 lib/*
 include/*
Copyright: 2021 Bo
License: Expat  or   Apache-2.0

Files: extra/*
License: GPL-2+

Files: debian/*
Copyright: 2022 Li
License: BSD-3-clause

License: Artistic
 A text that nothing refers to.
`

test('a machine-readable file declares the licences of its files, once each, without the packaging', () => {
  assert.deepEqual(declaredLicences(machineReadable), {
    names: ['GPL-2+', 'Expat or Apache-2.0'],
    facts: [],
  })
})

test('line ends of another system do not matter', () => {
  assert.deepEqual(
    declaredLicences(machineReadable.replaceAll('\n', '\r\n')),
    declaredLicences(machineReadable),
  )
})

test('a licence of the header stands for all files', () => {
  const text =
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nLicense: MPL-2.0\n'
  assert.deepEqual(declaredLicences(text), { names: ['MPL-2.0'], facts: [] })
})

test('a file of prose declares nothing, and tells what it refers to', () => {
  const text =
    'This is free software.\nSee /usr/share/common-licenses/LGPL-2.1 and /usr/share/common-licenses/GPL-3.\n'
  assert.deepEqual(declaredLicences(text), {
    names: [],
    facts: ['the copyright file is not machine-readable', 'it refers to GPL-3, LGPL-2.1'],
  })
})

test('a package without the file, and a file without a licence, are told apart', () => {
  assert.deepEqual(declaredLicences(undefined).facts, ['the package has no copyright file'])
  const text =
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: Anna\n'
  assert.deepEqual(declaredLicences(text).facts, ['the copyright file names no licence'])
})

for (const [name, expression] of [
  ['GPL-2+', 'GPL-2.0-or-later'],
  ['GPL-2', 'GPL-2.0-only'],
  ['LGPL-2.1+', 'LGPL-2.1-or-later'],
  ['GPL-3.0+', 'GPL-3.0-or-later'],
  ['Expat', 'MIT'],
  ['BSD-3-clause', 'BSD-3-Clause'],
  ['Apache-2.0 or LGPL-2.1+', 'Apache-2.0 OR LGPL-2.1-or-later'],
  ['GPL-2+ and Expat', 'GPL-2.0-or-later AND MIT'],
  ['Expat or GPL-2 and ISC', 'MIT OR (GPL-2.0-only AND ISC)'],
  ['GPL-2+ or AFL-2.1, and Expat', '(GPL-2.0-or-later OR AFL-2.1) AND MIT'],
  ['GPL-2 with Linux-syscall-note exception', 'GPL-2.0-only WITH Linux-syscall-note'],
  ['GPL-2.1', undefined],
  ['GPL', undefined],
  ['public-domain', undefined],
  ['Expat and public-domain', undefined],
  ['GPL-2+ with OpenSSL exception', undefined],
  ['constructor', undefined],
  ['', undefined],
] as const)
  test(`"${name}" is ${expression ?? 'no SPDX expression'}`, () => {
    assert.equal(spdxExpression(name), expression)
  })
