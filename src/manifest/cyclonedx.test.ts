import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import { Ajv, type ValidateFunction } from 'ajv'
import { cycloneDx, type SbomInput } from './cyclonedx.ts'

const schemas = path.join(
  import.meta.dirname,
  '../../node_modules/@cyclonedx/cyclonedx-library/res/schema',
)

const dep5 =
  'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\n'

const input: SbomInput = {
  image: { name: 'qemu', version: '1.0.0', architecture: 'amd64', suite: 'trixie' },
  slipwayVersion: '0.1.0',
  packages: [
    {
      name: 'systemd',
      version: '257.13-1~deb13u1',
      architecture: 'amd64',
      source: { name: 'systemd', version: '257.13-1~deb13u1' },
      sha256: '12'.repeat(32),
      copyright: `${dep5}License: LGPL-2.1+\n\nFiles: src/*\nLicense: public-domain\n`,
      homepage: 'https://systemd.io/',
    },
    {
      name: 'libstdc++6',
      version: '14.2.0-19',
      architecture: 'amd64',
      source: { name: 'gcc-14', version: '14.2.0-19' },
      sha256: '34'.repeat(32),
      copyright: 'GPL, see /usr/share/common-licenses/GPL-3.\n',
    },
    {
      name: 'dmsetup',
      version: '2:1.02.205-2',
      architecture: 'amd64',
      source: { name: 'lvm2', version: '2.03.31-2' },
      sha256: '56'.repeat(32),
      copyright: `${dep5}License: GPL-2\n\nFiles: lib/*\nLicense: LGPL-2.1 or Expat\n`,
    },
  ],
  bundled: [
    { kind: 'runtime', name: 'node', version: '26.10.0', licence: 'MIT' },
    {
      kind: 'npm',
      name: 'yaml',
      version: '2.9.1',
      licence: 'ISC',
      integrity: `sha512-${Buffer.alloc(64, 7).toString('base64')}`,
    },
    { kind: 'npm', name: '@scope/part', version: '1.0.0' },
    { kind: 'npm', name: '@scope/part', version: '1.0.0' },
  ],
}

async function schemaValidator(): Promise<ValidateFunction> {
  const read = async (name: string): Promise<object> =>
    JSON.parse(await readFile(path.join(schemas, name), 'utf8'))
  const ajv = new Ajv({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/)
  ajv.addFormat('idn-email', /^[^@\s]+@[^@\s]+$/)
  ajv.addFormat('uri', { validate: (text: string) => URL.canParse(text) })
  ajv.addFormat('iri-reference', { validate: (text: string) => URL.canParse(text, 'file:///') })
  for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs']) {
    const file = `${name}.SNAPSHOT.schema.json`
    // The main schema refers to them by file name, not by their own identifiers.
    ajv.addSchema({ ...(await read(file)), $id: `http://cyclonedx.org/schema/${file}` })
  }
  return ajv.compile(await read('bom-1.6.SNAPSHOT.schema.json'))
}

test('the bill of materials is valid by the published schema, with and without a time', async () => {
  const validate = await schemaValidator()
  for (const bom of [cycloneDx(input), cycloneDx({ ...input, sourceDateEpoch: 1_700_000_000 })])
    assert.ok(validate(bom), JSON.stringify(validate.errors?.slice(0, 5), null, 2))
})

test('the schema is really asked: a broken bill of materials is refused', async () => {
  const validate = await schemaValidator()
  assert.equal(validate({ ...cycloneDx(input), serialNumber: 'urn:uuid:0' }), false)
  assert.equal(validate({ ...cycloneDx(input), components: [{ type: 'boat', name: 'x' }] }), false)
})

test('components are looked up by package URL', () => {
  assert.deepEqual(
    cycloneDx(input).components.map((component) => component.purl),
    [
      undefined,
      'pkg:deb/debian/dmsetup@2:1.02.205-2?arch=amd64&distro=trixie',
      'pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&distro=trixie',
      'pkg:deb/debian/systemd@257.13-1~deb13u1?arch=amd64&distro=trixie',
      'pkg:generic/node@26.10.0',
      'pkg:npm/%40scope/part@1.0.0',
      'pkg:npm/yaml@2.9.1',
    ],
  )
})

test('licences are one expression where SPDX knows all of them, and names where it does not', () => {
  const licences = new Map(
    cycloneDx(input).components.map(({ name, licenses }) => [name, licenses]),
  )
  assert.deepEqual(licences.get('dmsetup'), [
    {
      expression: 'GPL-2.0-only AND (LGPL-2.1-only OR MIT)',
      acknowledgement: 'declared',
    },
  ])
  assert.deepEqual(licences.get('systemd'), [
    { license: { id: 'LGPL-2.1-or-later', acknowledgement: 'declared' } },
    { license: { name: 'public-domain', acknowledgement: 'declared' } },
  ])
  assert.deepEqual(licences.get('@scope/part'), [
    { license: { name: 'NOASSERTION', acknowledgement: 'declared' } },
  ])
})

test('an unknown licence comes with what is known about it', () => {
  const [, , libstdc] = cycloneDx(input).components
  assert.deepEqual(libstdc?.licenses, [
    { license: { name: 'NOASSERTION', acknowledgement: 'declared' } },
  ])
  assert.deepEqual(libstdc?.properties, [
    { name: 'slipway:debian:source', value: 'gcc-14@14.2.0-19' },
    { name: 'slipway:licence:fact', value: 'the copyright file is not machine-readable' },
    { name: 'slipway:licence:fact', value: 'it refers to GPL-3' },
  ])
})

test("npm's integrity becomes a digest", () => {
  const yaml = cycloneDx(input).components.find(({ name }) => name === 'yaml')
  assert.deepEqual(yaml?.hashes, [{ alg: 'SHA-512', content: '07'.repeat(64) }])
})

test('the host executable depends on what is bundled in it, the image on everything else', () => {
  const [imageDependencies, hostDependencies] = cycloneDx(input).dependencies
  assert.deepEqual(imageDependencies?.dependsOn.slice(0, 2), [
    'slipway-host',
    'pkg:deb/debian/dmsetup@2:1.02.205-2?arch=amd64&distro=trixie',
  ])
  assert.deepEqual(hostDependencies, {
    ref: 'slipway-host',
    dependsOn: ['pkg:generic/node@26.10.0', 'pkg:npm/%40scope/part@1.0.0', 'pkg:npm/yaml@2.9.1'],
  })
})

test('the serial number follows the content, and the order of inputs does not matter', () => {
  const bom = cycloneDx(input)
  assert.deepEqual(cycloneDx({ ...input, packages: input.packages.toReversed() }), bom)
  assert.notEqual(
    cycloneDx({ ...input, packages: input.packages.slice(1) }).serialNumber,
    bom.serialNumber,
  )
  assert.equal('timestamp' in bom.metadata, false)
  assert.equal(
    cycloneDx({ ...input, sourceDateEpoch: 1_700_000_000 }).metadata.timestamp,
    '2023-11-14T22:13:20.000Z',
  )
})
