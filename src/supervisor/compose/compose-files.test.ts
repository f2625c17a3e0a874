import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { problemText } from '../../checked-yaml/problem.ts'
import { filesBelow, largestFileBytes } from './compose-files.ts'
import { loadComposeDirectory } from './directory.ts'

async function directoryOf(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), 'slipway-compose-files-'))
  t.after(() => rm(root, { recursive: true, force: true }))
  const directory = join(root, 'compose')
  await mkdir(join(directory, 'parts'), { recursive: true })
  await writeFile(join(root, 'outside'), 'hush')
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  return directory
}

describe('the files of the Compose directory', () => {
  it('are those below it, also by links that end there', async (t) => {
    const directory = await directoryOf(t, { 'parts/a': 'one' })
    const files = filesBelow(directory, { b: 'instead' })
    await symlink('parts/a', join(directory, 'link'))
    for (const [name, text] of [
      ['parts/a', 'one'],
      ['link', 'one'],
      ['b', 'instead'],
    ] as const)
      assert.deepEqual(files.read(join(directory, name)), {
        kind: 'content',
        bytes: Buffer.from(text),
      })
    assert.deepEqual(files.read(join(directory, 'none')), { kind: 'absent' })
  })

  it('are none outside, no pipes, no directories and nothing large', async (t) => {
    const directory = await directoryOf(t, { large: 'x'.repeat(largestFileBytes + 1) })
    await symlink('../outside', join(directory, 'link'))
    await symlink('/', join(directory, 'root'))
    execFileSync('mkfifo', [join(directory, 'pipe')])
    const files = filesBelow(directory)
    for (const [path, reason] of [
      ['link', /is not in the directory/],
      ['../outside', /is not in the directory/],
      ['root/etc/passwd', /is not in the directory/],
      ['pipe', /is no file/],
      ['parts', /is no file/],
      ['large', /larger than 1048576 bytes/],
    ] as const) {
      const content = files.read(join(directory, path))
      assert.equal(content.kind, 'refused', path)
      assert.match(content.kind === 'refused' ? content.reason : '', reason)
    }
  })

  it('go together in pairs, and one over nothing is told', async (t) => {
    const directory = await directoryOf(t, {
      'shop.yaml': 'services: {web: {image: a, hostname: one}}',
      'shop.override.yaml': 'services: {web: {image: b}}',
      'lost.override.yml': 'services: {web: {image: b}}',
      'bad.yaml': 'services: {web: {image: c}}',
      'bad.override.yaml': 'services:\n  web: {imgae: d}',
    })
    const { projects, problems, failedFiles } = await loadComposeDirectory(directory)
    assert.deepEqual(
      projects.map(({ file, services }) => [file, services[0]?.image, services[0]?.hostname]),
      [[join(directory, 'shop.yaml'), 'b', 'one']],
    )
    assert.deepEqual(
      failedFiles,
      ['bad.yaml', 'lost.override.yml'].map((name) => join(directory, name)),
    )
    const [bad, lost] = problems.map(problemText)
    assert.match(bad ?? '', /bad\.override\.yaml:2:9: services\.web\.imgae: unknown key/)
    assert.match(lost ?? '', /lost\.override\.yml:1:1: .*"lost\.override" cannot be/)
  })
})
