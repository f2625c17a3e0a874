import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Workshop } from '../release/testing/workshop.ts'
import { ReleaseClient } from '../update/metadata/client.ts'
import { startStaticServer } from '../update/metadata/testing/static-server.ts'

type Ended = { readonly status: number; readonly output: string; readonly errors: string }

/** Runs `slipway` as an engineer does. */
function slipway(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = { ...process.env, ...environment }
  return new Promise((resolve) => {
    const program = join(import.meta.dirname, 'main.ts')
    execFile(process.execPath, [program, ...words], { env }, (error, output, errors) =>
      resolve({ status: Number(error?.code ?? 0), output, errors }),
    )
  })
}

test('from keys to a host: init, create, publish, rotate, refresh, list, by the command line alone', async (t) => {
  const workshop = await Workshop.empty(t)
  const { keys, repository, served } = workshop
  const secret = { SLIPWAY_KEY_PASSPHRASE: 'correct horse battery staple' }
  const json = async (...words: string[]) => {
    const { status, output, errors } = await slipway([...words, '--json'], secret)
    assert.equal(status, 0, errors)
    assert.doesNotMatch(output + errors, /battery/)
    return JSON.parse(output)
  }
  const signing = ['--keys', keys, '--repository', repository]
  const create = async (version: string) =>
    await json(
      ...['release', 'create', 'qemu', '--channel', 'stable', ...signing],
      ...['--build', await workshop.build(version)],
    )
  const publish = () => json('release', 'publish', served, '--repository', repository)

  const made = await json('keys', 'init', '--directory', keys)
  assert.deepEqual([made.type, made.encrypted, made.keys.length], ['keys', true, 6])
  assert.equal((await create('1.0.0')).outcome, 'created')
  // Channel, description, four parts; two of them compressed, and as chunks: an index and a pack.
  assert.equal((await publish()).targets, 10)

  const { url } = await startStaticServer(t, served)
  const rootFile = join(workshop.directory, 'root.json')
  await copyFile(made.root, rootFile)
  const cacheDirectory = join(workshop.directory, 'cache')
  const client = new ReleaseClient({ url, rootFile, cacheDirectory })
  t.after(() => client.close())
  assert.equal((await client.refresh()).rootVersion, 1)

  const stick = join(workshop.directory, 'stick')
  await moveRootKeys(keys, stick)
  const without = await slipway(['keys', 'rotate', 'timestamp', '--directory', keys], secret)
  assert.equal(without.status, 1)
  assert.match(without.errors, /SLIPWAY_RELEASE_KEY_NOT_HERE/)
  const rotated = await json(
    ...['keys', 'rotate', 'timestamp', '--directory', keys, '--offline', stick],
  )
  assert.equal(rotated.version, 2)
  assert.deepEqual((await json('release', 'refresh', ...signing)).signed, ['root', 'timestamp'])
  assert.equal((await create('1.1.0')).outcome, 'created')
  await publish()
  assert.equal((await client.refresh()).rootVersion, 2)
  const { releases } = await client.channel('stable', 'qemu')
  const listed = await json('release', 'list', '--repository', repository)
  assert.deepEqual(
    listed.releases.map(({ version }: { version: string }) => version),
    releases.map(({ version }) => version),
  )
})

test('a wrong call ends with status 2 and says what was expected', async (t) => {
  const workshop = await Workshop.open(t)
  const { keys, repository } = workshop
  const build = await workshop.build('1.0.0')
  const create = ['release', 'create', 'qemu', '--repository', repository, '--build', build]
  for (const [words, expected] of [
    [['keys', 'init', '--directory', keys], /SLIPWAY_RELEASE_KEYS_EXIST/],
    [['keys', 'rotate', 'everything', '--directory', keys], /SLIPWAY_RELEASE_NAME_INVALID/],
    [[...create, '--channel', '../x', '--keys', keys], /SLIPWAY_RELEASE_NAME_INVALID/],
    [[...create, '--channel', 'stable', '--keys', build], /SLIPWAY_RELEASE_KEYS_MISSING/],
    [
      [...create, '--channel', 'stable', '--keys', keys, '--targets-days', '0'],
      /the lifetime targetsDays is 0; expected a whole number of days from 1 to 3650/,
    ],
    [['release', 'list', '--repository', repository], /SLIPWAY_RELEASE_REPOSITORY_MISSING/],
    [[...create, '--keys', keys], /required option '--channel/],
  ] as const) {
    const { status, output, errors } = await slipway(words)
    assert.deepEqual([status, output], [2, ''], errors)
    assert.match(errors, expected)
  }
})

async function moveRootKeys(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) {
    if (!/^root-.*\.pem$/.test(name)) continue
    await copyFile(join(from, name), join(to, name))
    await rm(join(from, name))
  }
}
