import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slotUuids } from '../../disk/identifiers.ts'
import { isSlipwayError } from '../../errors/error.ts'
import type { BootEntry } from '../esp/entries.ts'
import { parseEntryName } from '../esp/entry-name.ts'
import type { ReleaseDescription } from '../release.ts'
import type { Slot, SlotPartition } from './layout.ts'
import { type Host, type Rules, refusals, refuse } from './preflight.ts'

const MIB = 1 << 20
const [runningHash, oldHash, newHash] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)]

const artifact = (name: string, sizeBytes: number) => ({
  target: `releases/cloud/2/${name}`,
  sizeBytes,
  sha256: 'd'.repeat(64),
})

const release: ReleaseDescription = {
  formatVersion: 1,
  image: 'cloud',
  version: '2',
  architecture: 'amd64',
  createdAt: '2026-11-24T00:00:00Z',
  rootHash: newHash,
  usr: artifact('usr.erofs', 150 * MIB),
  verity: artifact('usr.verity', 2 * MIB),
  uki: artifact('slipway.efi', 25 * MIB),
}

const host: Host = {
  image: 'cloud',
  version: '1',
  architecture: 'amd64',
  rootHash: runningHash,
  layout: {
    disk: '/dev/vda',
    running: slot(2, runningHash),
    free: slot(5, oldHash),
    esp: partition(1, 512 * MIB),
  },
  esp: {
    directory: '/boot',
    entries: [entry('slipway_1.efi', runningHash, 25 * MIB)],
    freeBytes: 100 * MIB,
    clusterBytes: 4096,
  },
}

const rules: Rules = { compareVersions: (a, b) => Number(a) - Number(b), allowDowngrade: false }

test('a release that fits is not refused', () => {
  assert.deepEqual(codes(release, host), [])
  assert.doesNotThrow(() => refuse('2', []))
})

const cases: [
  what: string,
  code: string,
  release: Partial<ReleaseDescription>,
  host: Partial<Host>,
  rules: Partial<Rules>,
][] = [
  ['of another image', 'SLOT_OTHER_IMAGE', { image: 'metal' }, {}, {}],
  ['for another architecture', 'SLOT_OTHER_ARCHITECTURE', { architecture: 'arm64' }, {}, {}],
  ['of the running version', 'SLOT_SAME_RELEASE', { version: '1' }, {}, {}],
  ['with the running root hash', 'SLOT_SAME_RELEASE', { rootHash: runningHash }, {}, {}],
  ['older than what runs', 'SLOT_DOWNGRADE', {}, { version: '3' }, {}],
  ['beyond a floor', 'SLOT_FLOOR', { version: '4' }, {}, { floor: '3' }],
  ['whose version cannot be a label', 'SLOT_VERSION_UNUSABLE', { version: '2'.repeat(29) }, {}, {}],
  ['whose version leaves the folder', 'SLOT_VERSION_UNUSABLE', { version: '../2' }, {}, {}],
  ['without a root hash', 'SLOT_DESCRIPTION_UNUSABLE', { rootHash: 'C'.repeat(64) }, {}, {}],
  ['of half a block', 'SLOT_DESCRIPTION_UNUSABLE', { usr: artifact('usr', 4097) }, {}, {}],
  ['with an empty hash tree', 'SLOT_DESCRIPTION_UNUSABLE', { verity: artifact('v', 0) }, {}, {}],
  ['with too large a /usr', 'SLOT_TOO_SMALL', { usr: artifact('usr', 1024 * MIB + 4096) }, {}, {}],
  ['with too large a hash tree', 'SLOT_TOO_SMALL', { verity: artifact('v', 16 * MIB + 1) }, {}, {}],
  ['with too large a signature', 'SLOT_TOO_SMALL', { signature: artifact('s', MIB + 1) }, {}, {}],
  ['with too large a UKI', 'ESP_TOO_SMALL', { uki: artifact('u', 100 * MIB) }, {}, {}],
  [
    'while what runs is still being tried',
    'SLOT_UNPROVEN',
    {},
    withEntries(entry('slipway_1+2-1.efi', runningHash, MIB)),
    {},
  ],
  [
    'while the ESP lacks what runs',
    'ESP_RUNNING_MISSING',
    {},
    withEntries(entry('slipway_0.efi', oldHash, MIB)),
    {},
  ],
]

for (const [what, code, changedRelease, changedHost, changedRules] of cases)
  test(`a release ${what} is refused, with what to do`, () => {
    const found = refusals(
      { ...release, ...changedRelease },
      { ...host, ...changedHost },
      { ...rules, ...changedRules },
    )
    assert.deepEqual(
      found.map((refusal) => refusal.code),
      [`SLIPWAY_UPDATE_${code}`],
    )
    assert.ok((found[0]?.next ?? '').length > 10)
    assert.doesNotMatch(`${found[0]?.message} ${found[0]?.next}`, /\{\w+\}/)
  })

test('content that fills its partition fits', () => {
  const full = {
    usr: artifact('usr', 1024 * MIB),
    verity: artifact('v', 16 * MIB),
    signature: artifact('s', MIB),
  }
  assert.deepEqual(codes({ ...release, ...full }, host), [])
})

test('a downgrade that is allowed is not refused', () => {
  assert.deepEqual(codes(release, { ...host, version: '3' }, { allowDowngrade: true }), [])
})

test('the floor itself is not refused', () => {
  assert.deepEqual(codes({ ...release, version: '3' }, host, { floor: '3' }), [])
})

test('room that stale entries take counts, that of the running one and of others does not', () => {
  const esp = {
    ...host.esp,
    freeBytes: 10 * MIB,
    entries: [
      entry('slipway_1.efi', runningHash, 25 * MIB),
      entry('slipway_0.efi', oldHash, 20 * MIB),
      entry('memtest.efi', undefined, 90 * MIB),
    ],
  }
  const withUki = (bytes: number) => ({ ...release, uki: artifact('u', bytes) })
  assert.deepEqual(codes(withUki(29 * MIB), { ...host, esp }), [])
  assert.deepEqual(codes(withUki(31 * MIB), { ...host, esp }), ['SLIPWAY_UPDATE_ESP_TOO_SMALL'])
})

test('all refusals are told at once', () => {
  const bad = { ...release, image: 'metal', architecture: 'arm64', usr: artifact('u', 4096 * MIB) }
  const found = refusals(bad, { ...host, version: '3' }, rules)
  assert.equal(found.length, 4)
  assert.throws(
    () => refuse('2', found),
    (error) =>
      isSlipwayError(error, 'SLIPWAY_UPDATE_SLOT_REFUSED') &&
      found.every(
        ({ code, message }) =>
          error.message.includes(`${message} `) && error.message.includes(code),
      ),
  )
})

function codes(
  described: ReleaseDescription,
  described2: Host,
  changed: Partial<Rules> = {},
): string[] {
  return refusals(described, described2, { ...rules, ...changed }).map(({ code }) => code)
}

function withEntries(...entries: BootEntry[]): Partial<Host> {
  return {
    esp: { directory: '/boot', entries, freeBytes: 100 * MIB, clusterBytes: 4096 },
  }
}

function entry(file: string, rootHash: string | undefined, sizeBytes: number): BootEntry {
  const name = parseEntryName(file)
  return {
    file,
    path: `/boot/EFI/Linux/${file}`,
    sizeBytes,
    ...(name && { name }),
    ...(rootHash && { rootHash }),
  }
}

function slot(number: number, rootHash: string): Slot {
  const { data, verity } = slotUuids(rootHash)
  return {
    usr: { ...partition(number, 1024 * MIB), uuid: data },
    verity: { ...partition(number + 1, 16 * MIB), uuid: verity },
    signature: partition(number + 2, MIB),
  }
}

function partition(number: number, sizeBytes: number): SlotPartition {
  const node = `/dev/vda${number}`
  const extent = { path: node, offsetBytes: 0, sizeBytes }
  return { number, typeUuid: '', uuid: '', label: '', startBytes: 0, sizeBytes, node, extent }
}
