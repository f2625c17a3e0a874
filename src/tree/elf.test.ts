import assert from 'node:assert/strict'
import { copyFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { nodeProgram } from '../pipeline/host-executable.ts'
import { readElf } from './elf.ts'

test('of a real program, the loader and the libraries are read', async () => {
  const needs = await readElf(nodeProgram())
  assert.match(needs?.interpreter ?? '', /^\/lib64\/ld-linux-x86-64\.so\.2$/)
  for (const name of ['libc.so.6', 'libstdc++.so.6', 'libm.so.6'])
    assert.ok(needs?.libraries.includes(name), `${name} in ${needs?.libraries}`)
})

test('other files are none: scripts, empty files, 32-bit ELF', async (t) => {
  const path = await scratch(t)
  for (const content of ['', '#!/bin/sh\n', 'x'.repeat(100), '\x7fELF\x01\x01'.padEnd(64, '\0')]) {
    await writeFile(path, content)
    assert.equal(await readElf(path), undefined)
  }
})

test('a program that was cut off after its headers asks for nothing, and ends no build', async (t) => {
  const path = await scratch(t)
  await copyFile(nodeProgram(), path)
  const file = await open(path, 'r+')
  await file.truncate(4096)
  await file.close()
  assert.deepEqual((await readElf(path))?.libraries, [])
})

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-elf-'))
  t.after(() => rm(directory, { recursive: true }))
  return join(directory, 'file')
}
