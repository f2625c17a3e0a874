import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageConfig } from './image-config.ts'
import { choosePlatform, type Index, parseManifest } from './manifest.ts'

const digest = `sha256:${'0'.repeat(64)}`
const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
const configType = 'application/vnd.oci.image.config.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const descriptor = (mediaType: string) => ({ mediaType, digest, size: 3 })
const manifest = {
  schemaVersion: 2,
  mediaType: ociManifest,
  config: descriptor(configType),
  layers: [descriptor(layerType)],
}

test('reads a manifest whose type only the registry tells', () => {
  const { mediaType: _, ...untyped } = manifest
  const parsed = parseManifest(bytes(untyped), `${ociManifest}; charset=utf-8`)
  assert.equal(parsed.kind, 'manifest')
})

test('knows an artifact by its configuration', () => {
  const chart = { ...manifest, config: descriptor('application/vnd.cncf.helm.config.v1+json') }
  assert.deepEqual(parseManifest(bytes(chart), ociManifest), {
    kind: 'artifact',
    mediaType: 'application/vnd.cncf.helm.config.v1+json',
  })
})

const wrong: [string, unknown, RegExp][] = [
  ['version 1', { ...manifest, schemaVersion: 1 }, /schemaVersion is not 2/],
  ['a wrong digest', { ...manifest, config: { ...manifest.config, digest: 'x' } }, /config.digest/],
  ['a negative size', { ...manifest, layers: [{ ...descriptor(layerType), size: -1 }] }, /size/],
  ['a strange layer', { ...manifest, layers: [descriptor('text/plain')] }, /text\/plain/],
  ['an unknown type', { ...manifest, mediaType: 'text/html' }, /text\/html/],
  ['a list', [], /not an object/],
]
for (const [name, value, reason] of wrong) {
  test(`refuses a manifest with ${name}`, () => {
    assert.throws(() => parseManifest(bytes(value), ociManifest), reason)
  })
}

test('prefers the exact variant, and never takes one that may not run here', () => {
  const entry = (architecture: string, variant?: string) => ({
    mediaType: ociManifest,
    digest: `${architecture}${variant ?? ''}`,
    sizeBytes: 1,
    platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
  })
  const index: Index = {
    kind: 'index',
    manifests: [entry('arm', 'v6'), entry('arm', 'v7'), entry('amd64', 'v3'), entry('amd64')],
  }
  const choose = (architecture: string, variant?: string) =>
    choosePlatform(index, entry(architecture, variant).platform)?.digest
  assert.equal(choose('arm', 'v7'), 'armv7')
  assert.equal(choose('amd64'), 'amd64')
  assert.equal(choose('s390x'), undefined)
})

test('reads a configuration with what Go writes for empty fields', () => {
  const config = parseImageConfig(
    bytes({
      architecture: 'amd64',
      os: 'linux',
      config: { Env: null, Cmd: ['sh'], ExposedPorts: { '80/tcp': {} }, Volumes: null },
      rootfs: { type: 'layers', diff_ids: [digest] },
    }),
  )
  assert.deepEqual(config.config, { Cmd: ['sh'], ExposedPorts: { '80/tcp': {} } })
})

test('refuses a configuration whose diff ID could name another directory', () => {
  const rootfs = { type: 'layers', diff_ids: ['sha256:../../etc'] }
  const value = { architecture: 'amd64', os: 'linux', rootfs }
  assert.throws(() => parseImageConfig(bytes(value)), /diff_ids\[0\] is not a SHA-256 digest/)
})
