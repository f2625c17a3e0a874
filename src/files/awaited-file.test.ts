import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { awaitedFile } from './awaited-file.ts'

const isNumber = (text: string) => /^\d+$/.test(text)

async function path(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-awaited-'))
  context.after(() => rm(directory, { recursive: true }))
  return join(directory, 'exit')
}

describe('a file that is awaited', () => {
  it('is given when it is there already', async (context) => {
    const file = await path(context)
    await writeFile(file, '7')
    assert.equal(await awaitedFile(file, isNumber, new AbortController().signal), '7')
  })

  it('is given when it gets its name, or the content that is accepted', async (context) => {
    const file = await path(context)
    const never = new AbortController().signal
    const renamed = awaitedFile(file, isNumber, never)
    await writeFile(`${file}.new`, '3')
    await rename(`${file}.new`, file)
    assert.equal(await renamed, '3')
    await writeFile(file, 'nothing yet')
    const written = awaitedFile(file, isNumber, never)
    await writeFile(file, '4')
    assert.equal(await written, '4')
  })

  it('is waited for no longer than told', async (context) => {
    const file = await path(context)
    const over = new AbortController()
    const waiting = awaitedFile(file, isNumber, over.signal)
    over.abort()
    assert.equal(await waiting, undefined)
    await writeFile(file, '5')
    assert.equal(await awaitedFile(file, isNumber, over.signal), '5')
    const never = new AbortController().signal
    assert.equal(await awaitedFile(join(`${file}s`, 'none'), isNumber, never), undefined)
  })
})
