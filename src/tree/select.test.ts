import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StripRules } from '../image/definition.ts'
import type { ElfNeeds } from './elf.ts'
import type { Entry } from './entry.ts'
import { isProgramPath, selectEntries } from './select.ts'

const rules = (changes: Partial<StripRules> = {}): StripRules => ({
  executables: {},
  libraries: [],
  files: [],
  remove: [],
  ...changes,
})

function file(path: string): Entry {
  return { path, type: 'file', source: path, mode: 0o755, sizeBytes: 1, package: 'p' }
}

function link(path: string, target: string): Entry {
  return { ...file(path), type: 'link', target, sizeBytes: 0 }
}

async function paths(
  entries: readonly Entry[],
  chosen: StripRules,
  needs: Readonly<Record<string, ElfNeeds>> = {},
  alsoNeeded: readonly string[] = [],
): Promise<string[]> {
  const read = async (entry: Entry) => needs[entry.path]
  return (await selectEntries(entries, chosen, read, alsoNeeded)).map(({ path }) => path)
}

test('only allowed executables stay, by name or by path', async () => {
  const entries = ['/usr/bin/tar', '/usr/bin/bash', '/usr/lib/systemd/systemd'].map(file)
  const executables = { tar: 'unpacks', '/usr/lib/systemd/systemd': 'process 1' }
  assert.deepEqual(await paths(entries, rules({ executables })), [
    '/usr/bin/tar',
    '/usr/lib/systemd/systemd',
  ])
})

test('a glob of files lets no program in', async () => {
  const entries = ['/usr/bin/bash', '/usr/lib/udev/ata_id', '/usr/share/x'].map(file)
  assert.deepEqual(await paths(entries, rules({ files: ['/usr/**'] })), ['/usr/share/x'])
})

test('libraries follow from what needs them, however deep, with the loader and their links', async () => {
  const lib = '/usr/lib/x86_64-linux-gnu'
  const entries = [
    file('/usr/bin/crun'),
    link(`${lib}/liba.so.1`, 'liba.so.1.2'),
    file(`${lib}/liba.so.1.2`),
    file(`${lib}/libb.so.2`),
    file(`${lib}/libunused.so.1`),
    file(`${lib}/ld-linux-x86-64.so.2`),
  ]
  const needs = {
    '/usr/bin/crun': { libraries: ['liba.so.1'], interpreter: '/lib64/ld-linux-x86-64.so.2' },
    [`${lib}/liba.so.1.2`]: { libraries: ['libb.so.2'] },
  }
  const kept = await paths(entries, rules({ executables: { crun: 'runs' } }), needs)
  assert.deepEqual(kept, [
    '/usr/bin/crun',
    `${lib}/ld-linux-x86-64.so.2`,
    `${lib}/liba.so.1`,
    `${lib}/liba.so.1.2`,
    `${lib}/libb.so.2`,
  ])
})

test('libraries that programs open by dlopen, and those of the host executable, stay', async () => {
  const entries = ['libkmod.so.2', 'libstdc++.so.6', 'libz.so.1'].map((name) =>
    file(`/usr/lib/x86_64-linux-gnu/${name}`),
  )
  const kept = await paths(entries, rules({ libraries: ['libkmod.so.2*'] }), {}, ['libstdc++.so.6'])
  assert.deepEqual(kept, [
    '/usr/lib/x86_64-linux-gnu/libkmod.so.2',
    '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
  ])
})

test('a library that no package brings is told with the file that needs it', async () => {
  const needs = { '/usr/bin/crun': { libraries: ['libgone.so.1'] } }
  await assert.rejects(
    paths([file('/usr/bin/crun')], rules({ executables: { crun: '' } }), needs),
    (error: { code?: string; details?: object }) => {
      assert.equal(error.code, 'SLIPWAY_BUILD_LIBRARY_MISSING')
      assert.deepEqual(error.details, { file: '/usr/bin/crun', library: 'libgone.so.1' })
      return true
    },
  )
})

test('executables that no package brings are told, all of them', async () => {
  await assert.rejects(
    paths([file('/usr/bin/tar')], rules({ executables: { tar: '', one: '', two: '' } })),
    { code: 'SLIPWAY_BUILD_EXECUTABLE_MISSING', message: /one, two/ },
  )
})

test('what is to be removed goes, even if another rule keeps it', async () => {
  const entries = [file('/usr/share/a'), file('/usr/share/doc/b')]
  const chosen = rules({ files: ['/usr/share/**'], remove: ['/usr/share/doc/**'] })
  assert.deepEqual(await paths(entries, chosen), ['/usr/share/a'])
})

test('a link brings its target, but never a program that is not allowed', async () => {
  const entries = [
    link('/usr/share/names', 'real-names'),
    file('/usr/share/real-names'),
    link('/usr/share/tool', '../bin/tool'),
    file('/usr/bin/tool'),
  ]
  const chosen = rules({ files: ['/usr/share/{names,tool}'] })
  assert.deepEqual(await paths(entries, chosen), ['/usr/share/names', '/usr/share/real-names'])
})

test('a link that leads nowhere goes, one that leads to a folder with content stays', async () => {
  const entries = [
    link('/usr/share/gone', '/usr/share/nothing'),
    link('/usr/share/folder', 'there'),
    file('/usr/share/there/a'),
    link('/etc/mtab', '/proc/self/mounts'),
  ]
  const chosen = rules({ files: ['/usr/share/**', '/etc/**'] })
  assert.deepEqual(await paths(entries, chosen), [
    '/etc/mtab',
    '/usr/share/folder',
    '/usr/share/there/a',
  ])
})

test('programs are what lies in the folders of programs', () => {
  for (const path of [
    '/usr/bin/sh',
    '/usr/libexec/x/y',
    '/usr/lib/podman/netavark',
    '/usr/lib/systemd/systemd-journald',
    '/usr/lib/systemd/system-generators/g',
    '/usr/lib/udev/ata_id',
  ])
    assert.ok(isProgramPath(path), path)
  for (const path of [
    '/usr/lib/systemd/system/a.service',
    '/usr/lib/udev/rules.d/a.rules',
    '/usr/share/bin/x',
  ])
    assert.ok(!isProgramPath(path), path)
})
