import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeBonds } from './bonds.ts'

function linksDirectory(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'slipway-links-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

test('tells the kernel to take each bond away', () => {
  using links = linksDirectory()
  const file = join(links.path, 'bonding_masters')
  writeFileSync(file, 'lan0 lan1\n')
  assert.deepEqual(removeBonds(links.path), ['lan0', 'lan1'])
  // A file keeps what was written last over its beginning, and the kernel acts on each.
  assert.match(readFileSync(file, 'utf8'), /^-lan1\n/)
})

test('there is nothing to take away without bonds, nor without their module', () => {
  using links = linksDirectory()
  assert.deepEqual(removeBonds(links.path), [])
  writeFileSync(join(links.path, 'bonding_masters'), '\n')
  assert.deepEqual(removeBonds(links.path), [])
})
