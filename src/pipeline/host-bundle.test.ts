import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { bundleHost, type HostBundle } from './host-bundle.ts'

const project = join(import.meta.dirname, '../..')

/** Runs the first piece as a program would, and tells on standard error which others that took. */
const asProgram =
  'process.on("exit", () => console.error(JSON.stringify(Object.keys(require.cache)))); require(process.argv[1])'

describe('the bundle of the host’s code', () => {
  let bundle: HostBundle
  let directory: string
  before(async () => {
    bundle = await bundleHost(project, '1.2.3')
    directory = await mkdtemp(join(tmpdir(), 'slipway-host-bundle-'))
    for (const [name, code] of Object.entries(bundle.pieces))
      await writeFile(join(directory, name), code)
  })
  after(() => rm(directory, { recursive: true }))

  const run = async (...words: readonly string[]) => {
    const parameters = ['--eval', asProgram, join(directory, 'host.js'), ...words]
    const { stdout, stderr } = await promisify(execFile)(process.execPath, parameters)
    const files: readonly string[] = JSON.parse(stderr)
    return { stdout, pieces: files.map((file) => basename(file)) }
  }
  const bytesOf = (pieces: readonly string[]) =>
    pieces.reduce((sum, name) => sum + (bundle.pieces[name] ?? '').length, 0)

  it('is the same each time', async () => {
    assert.deepEqual(await bundleHost(project, '1.2.3'), bundle)
  })

  it('knows its version', async () => {
    const { stdout, pieces } = await run('--version')
    assert.equal(stdout, '1.2.3\n')
    assert.deepEqual(pieces, ['host.js'])
  })

  it('has a client read little of it', async () => {
    const { stdout, pieces } = await run('ctl', '--help')
    assert.match(stdout, /^Usage: slipctl/)
    const all = bytesOf(Object.keys(bundle.pieces))
    assert.ok(bytesOf(pieces) < all / 40, `${bytesOf(pieces)} of ${all} bytes: ${pieces}`)
  })

  it('has the daemon, the update agent and Ignition read only their own', async () => {
    const [supervisor, update, ignition] = await Promise.all(
      ['supervisor', 'update', 'ignition'].map(async (command) => {
        const { stdout, pieces } = await run(command, '--help')
        assert.match(stdout, new RegExp(`^Usage: slipway-host ${command}`))
        return pieces
      }),
    )
    const all = bytesOf(Object.keys(bundle.pieces))
    for (const pieces of [supervisor, update, ignition])
      assert.ok(bytesOf(pieces ?? []) < all * 0.6)
  })

  it('is ASCII, which is not decoded', () => {
    for (const [name, code] of Object.entries({ ...bundle.pieces, main: bundle.main }))
      assert.match(code, /^[\0-\x7f]*$/, name)
  })

  it('refuses words for commands of units, which have no options', async () => {
    const help = await run('verdict', '--help')
    assert.match(
      help.stdout,
      /^Usage: slipway-host verdict\n\nUnits of the host call it: after a boot/,
    )
    await assert.rejects(run('health', '--fast'), {
      code: 2,
      stderr: /health takes no options, found --fast/,
    })
  })
})
