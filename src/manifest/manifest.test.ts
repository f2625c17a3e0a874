import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ImageFile, PackageFile } from './contents.ts'
import { imageManifest, isExecutable, type ManifestInput } from './manifest.ts'

const image = { name: 'qemu', version: '1.0.0', architecture: 'amd64', suite: 'trixie' }

function debian(name: string, copyright?: string): PackageFile {
  return {
    name,
    version: '1-1',
    architecture: 'amd64',
    source: { name, version: '1-1' },
    sha256: 'ab'.repeat(32),
    ...(copyright === undefined ? {} : { copyright }),
  }
}

function file(path: string, sizeBytes: number, rest: Partial<ImageFile> = {}): ImageFile {
  return { path, type: 'file', mode: 0o644, sizeBytes, ...rest }
}

const input: ManifestInput = {
  image,
  packages: [debian('mount'), debian('crun')],
  bundled: [{ kind: 'npm', name: 'yaml', version: '2.9.1', licence: 'ISC' }],
  files: [
    file('/usr/bin/mount', 60, {
      mode: 0o4755,
      package: 'mount',
      reason: 'mount units call it',
      compressedBytes: 30,
    }),
    file('/usr/bin/crun', 300, {
      mode: 0o755,
      package: 'crun',
      reason: 'the container runtime',
      capabilities: 'cap_net_raw=ep',
    }),
    file('/usr/lib/libcrun.so.1', 40, { mode: 0o755, package: 'crun' }),
    file('/usr/lib/slipway/host', 600, { mode: 0o755, origin: 'host executable' }),
    { path: '/usr/bin/sh', type: 'link', mode: 0o777, sizeBytes: 0, package: 'mount' },
    { path: '/usr/lib/sgid', type: 'directory', mode: 0o2775, sizeBytes: 0 },
  ],
  artifacts: [
    { name: 'qemu.raw', sizeBytes: 10, sha256: 'cd'.repeat(32) },
    { name: 'qemu.efi', sizeBytes: 5, sha256: 'ef'.repeat(32) },
  ],
}

test('packages bear the bytes that stay, and why their licence is unknown', () => {
  assert.deepEqual(
    imageManifest(input).packages.map(({ name, installedBytes, licences, licenceFacts }) => ({
      name,
      installedBytes,
      licences,
      licenceFacts,
    })),
    [
      {
        name: 'crun',
        installedBytes: 340,
        licences: ['NOASSERTION'],
        licenceFacts: ['the package has no copyright file'],
      },
      {
        name: 'mount',
        installedBytes: 60,
        licences: ['NOASSERTION'],
        licenceFacts: ['the package has no copyright file'],
      },
    ],
  )
})

test('executables are files that run, with their reason or without', () => {
  assert.deepEqual(imageManifest(input).executables, [
    {
      path: '/usr/bin/crun',
      package: 'crun',
      sizeBytes: 300,
      reason: 'the container runtime',
    },
    { path: '/usr/bin/mount', package: 'mount', sizeBytes: 60, reason: 'mount units call it' },
    { path: '/usr/lib/slipway/host', package: null, sizeBytes: 600, reason: null },
  ])
})

test('set-id files and file capabilities are listed', () => {
  const { setIdFiles, fileCapabilities } = imageManifest(input)
  assert.deepEqual(setIdFiles, [{ path: '/usr/bin/mount', mode: '4755', package: 'mount' }])
  assert.deepEqual(fileCapabilities, [
    { path: '/usr/bin/crun', capabilities: 'cap_net_raw=ep', package: 'crun' },
  ])
})

test('the largest contents come first, with their share and, if measured, what they take as shipped', () => {
  assert.deepEqual(imageManifest(input).largest, [
    {
      name: 'host executable',
      files: 1,
      sizeBytes: 600,
      sharePercent: 60,
      compressedBytes: null,
      largestFile: { path: '/usr/lib/slipway/host', sizeBytes: 600 },
    },
    {
      name: 'crun',
      files: 2,
      sizeBytes: 340,
      sharePercent: 34,
      compressedBytes: null,
      largestFile: { path: '/usr/bin/crun', sizeBytes: 300 },
    },
    {
      name: 'mount',
      files: 1,
      sizeBytes: 60,
      sharePercent: 6,
      compressedBytes: 30,
      largestFile: { path: '/usr/bin/mount', sizeBytes: 60 },
    },
  ])
})

test('no more than ten contents are listed', () => {
  const files = Array.from({ length: 12 }, (_, index) => file(`/usr/share/${index}`, index + 1))
  const { largest } = imageManifest({ ...input, files })
  assert.equal(largest.length, 10)
  assert.equal(largest[0]?.sizeBytes, 12)
})

test('totals count files and executables once', () => {
  assert.deepEqual(imageManifest(input).totals, {
    packages: 2,
    files: 4,
    executables: 3,
    sizeBytes: 1000,
  })
})

test('the order of the inputs does not matter', () => {
  assert.deepEqual(
    imageManifest({
      ...input,
      packages: input.packages.toReversed(),
      files: input.files.toReversed(),
      artifacts: input.artifacts.toReversed(),
    }),
    imageManifest(input),
  )
})

for (const [path, mode, expected] of [
  ['/usr/bin/crun', 0o755, true],
  ['/usr/bin/crun', 0o644, false],
  ['/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', 0o755, false],
  ['/usr/lib/x86_64-linux-gnu/libc.so.6', 0o755, false],
  ['/usr/lib/systemd/libsystemd-core-257.so', 0o755, false],
  ['/usr/bin/also.sound', 0o755, true],
] as const)
  test(`${path} of mode ${mode.toString(8)} is ${expected ? '' : 'not '}an executable`, () => {
    assert.equal(isExecutable(file(path, 1, { mode })), expected)
  })
