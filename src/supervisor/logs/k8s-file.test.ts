import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { k8sFileLines } from './k8s-file.ts'

const never = new AbortController().signal
const entry = (text: string, kind = 'F') => `2026-01-01T00:00:00.1+00:00 stdout ${kind} ${text}\n`

async function logFile(context: TestContext, content: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'k8s-file-'))
  context.after(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'log')
  await writeFile(file, content)
  return file
}

async function textsOf(lines: ReturnType<typeof k8sFileLines>): Promise<string[]> {
  const texts: string[] = []
  for await (const { content } of lines) texts.push(content.toString())
  return texts
}

describe('a log file of conmon', () => {
  it('gives its last lines, one in several parts as one', async (context) => {
    const file = await logFile(
      context,
      `${entry('one')}${entry('tw', 'P')}${entry('o')}${entry('end', 'P')}`,
    )
    const tail = (count: number) =>
      textsOf(k8sFileLines(file, { follow: false, tail: count, signal: never, ended: never }))
    assert.deepEqual(await tail(2), ['tw', 'o\n', 'end'])
    assert.deepEqual(await tail(0), [])
    assert.deepEqual(await tail(9), ['one\n', 'tw', 'o\n', 'end'])
  })

  it('gives what is written while it is followed, over a change of the file, to the end', async (context) => {
    const file = await logFile(context, entry('past'))
    const ended = new AbortController()
    const fromBytes = entry('past').length
    const lines = k8sFileLines(file, {
      follow: true,
      fromBytes,
      signal: never,
      ended: ended.signal,
    })
    const next = async () => String((await lines.next()).value?.content)
    const first = next()
    await appendFile(file, entry('one'))
    assert.equal(await first, 'one\n')
    // A part of a line is none yet.
    const second = next()
    const text = entry('two')
    await appendFile(file, text.slice(0, 30))
    await appendFile(file, text.slice(30))
    assert.equal(await second, 'two\n')
    const third = next()
    await writeFile(`${file}.new`, entry('three'))
    await rename(`${file}.new`, file)
    assert.equal(await third, 'three\n')
    await appendFile(file, entry('four'))
    ended.abort()
    assert.deepEqual(await textsOf(lines), ['four\n'])
  })

  it('is no longer followed by who has gone', async (context) => {
    const file = await logFile(context, '')
    const gone = new AbortController()
    const lines = textsOf(k8sFileLines(file, { follow: true, signal: gone.signal, ended: never }))
    gone.abort()
    assert.deepEqual(await lines, [])
  })

  it('that is not there has no lines', async () => {
    const query = { follow: true, signal: never, ended: never }
    assert.deepEqual(await textsOf(k8sFileLines('/no/such/log', query)), [])
  })
})
