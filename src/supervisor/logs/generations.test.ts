import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { generations, rotate } from './generations.ts'
import { k8sFileLines } from './k8s-file.ts'

const never = new AbortController().signal

async function logIn(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'generations-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  return join(directory, 'log')
}

/** Keeps the file that is there, and begins a new one as conmon does. */
async function begin(log: string, maximumFiles: number, ...texts: string[]): Promise<void> {
  await rotate(log, maximumFiles)
  const lines = texts.map((text) => `2026-01-01T00:00:00.1+00:00 stdout F ${text}\n`)
  await writeFile(log, lines.join(''))
}

async function linesOf(log: string, tail?: number): Promise<string> {
  const texts: string[] = []
  const query = { follow: false, signal: never, ended: never, ...(tail !== undefined && { tail }) }
  for await (const { content } of k8sFileLines(log, query)) texts.push(content.toString().trim())
  return texts.join(' ')
}

describe('the files of a log', () => {
  it('are kept, up to as many as are wanted', async (context) => {
    const log = await logIn(context)
    for (const texts of [['a', 'b'], ['c'], ['d', 'e'], ['f']]) await begin(log, 3, ...texts)
    const names = (await generations(log)).map(({ path }) => basename(path))
    assert.deepEqual(names, ['log.2', 'log.1', 'log'])
    assert.equal(await linesOf(log), 'c d e f')
    assert.match(await readFile(`${log}.2`, 'utf8'), / c\n$/)
  })

  it('give their last lines over the borders between them', async (context) => {
    const log = await logIn(context)
    for (const texts of [['a', 'b'], ['c'], ['d', 'e']]) await begin(log, 9, ...texts)
    assert.deepEqual(await Promise.all([0, 1, 2, 3, 4, 9].map((tail) => linesOf(log, tail))), [
      '',
      'e',
      'd e',
      'c d e',
      'b c d e',
      'a b c d e',
    ])
  })

  it('are followed one after another, though several have come meanwhile', async (context) => {
    const log = await logIn(context)
    await begin(log, 9, 'a')
    const ended = new AbortController()
    const lines = k8sFileLines(log, { follow: true, signal: never, ended: ended.signal })
    const texts = [String((await lines.next()).value?.content)]
    for (const text of ['b', 'c', 'd']) await begin(log, 9, text)
    ended.abort()
    for await (const { content } of lines) texts.push(content.toString())
    assert.deepEqual(texts, ['a\n', 'b\n', 'c\n', 'd\n'])
  })

  it('are none of a container that was removed', async (context) => {
    const log = await logIn(context)
    await rotate(log, 3)
    assert.deepEqual(await generations(log), [])
    assert.deepEqual(await generations('/no/such/log'), [])
  })
})
