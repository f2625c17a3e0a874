import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Security } from '../containers/spec.ts'
import { AppArmor, type AppArmorPlaces } from './apparmor.ts'

const plain: Security = {
  privileged: false,
  readOnlyRoot: false,
  addCapabilities: [],
  dropCapabilities: [],
  noNewPrivileges: false,
  seccomp: 'default',
}
const privileged = { ...plain, privileged: true }
const asking = (apparmor: string) => ({ ...plain, apparmor })

const policy = Buffer.from('compiled')

describe('AppArmor on a host that uses it', () => {
  it('loads the profile of containers as it starts', async (t) => {
    const { places, opened } = await host(t)
    const { apparmor, said } = await opened()
    assert.ok(apparmor.enabled)
    assert.deepEqual(await readFile(`${places.kernel}/.replace`), policy)
    assert.deepEqual(said, [])
  })

  it('loads the profiles of the host’s config after it, as far as it can', async (t) => {
    const { places, opened } = await host(t)
    await mkdir(places.ownDirectory)
    await mkdir(join(places.ownDirectory, 'a-directory'))
    await writeFile(join(places.ownDirectory, 'web'), 'profile of web')
    const { said } = await opened()
    // A file of the test keeps what is longer of an earlier write; the kernel does not.
    assert.equal(await readFile(`${places.kernel}/.replace`, 'utf8'), 'profile of web')
    assert.match(said.join('\n'), /^error: The AppArmor profile of \S*\/a-directory could not/)
  })

  it('gives each container a profile, and privileged ones none', async (t) => {
    const { apparmor } = await (await host(t)).opened()
    assert.equal(await apparmor.profileFor(undefined), 'docker-default')
    assert.equal(await apparmor.profileFor(plain), 'docker-default')
    assert.equal(await apparmor.profileFor(privileged), undefined)
  })

  it('gives the one that is asked for, privileged or not', async (t) => {
    const { apparmor } = await (await host(t)).opened()
    assert.equal(await apparmor.profileFor(asking('mine')), 'mine')
    assert.equal(await apparmor.profileFor({ ...privileged, apparmor: 'mine' }), 'mine')
    assert.equal(await apparmor.profileFor(asking('unconfined')), undefined)
  })

  it('refuses one that is not loaded', async (t) => {
    const { apparmor } = await (await host(t)).opened()
    await assert.rejects(apparmor.profileFor(asking('docker')), {
      code: 'SLIPWAY_SUPERVISOR_APPARMOR_PROFILE_UNKNOWN',
      message: 'The AppArmor profile "docker" is not loaded.',
    })
  })

  it('loads the profile of containers again when somebody took it away', async (t) => {
    const { places, opened } = await host(t)
    const { apparmor } = await opened()
    await writeFile(`${places.kernel}/profiles`, 'mine (enforce)\n')
    await writeFile(`${places.kernel}/.replace`, '')
    assert.equal(await apparmor.profileFor(undefined), 'docker-default')
    assert.deepEqual(await readFile(`${places.kernel}/.replace`), policy)
  })

  it('says so when the profile cannot be loaded, and starts no container without it', async (t) => {
    const { places, opened } = await host(t)
    await rm(`${places.kernel}/.replace`)
    await writeFile(`${places.kernel}/profiles`, '')
    const { apparmor, said } = await opened()
    assert.match(said.join('\n'), /^error: The AppArmor profile of .*policy could not be loaded/)
    const code = 'SLIPWAY_SUPERVISOR_APPARMOR_NOT_LOADED'
    await assert.rejects(apparmor.profileFor(undefined), { code })
    assert.equal(await apparmor.profileFor(privileged), undefined)
  })
})

describe('AppArmor on a host that does not use it', () => {
  const without: Record<string, (places: AppArmorPlaces) => Promise<void>> = {
    'the kernel has none': ({ enabledFile }) => rm(enabledFile),
    'the kernel was told not to': ({ enabledFile }) => writeFile(enabledFile, 'N\n'),
    'its file system is not there': ({ kernel }) => rm(kernel, { recursive: true }),
    'the image has no profile': ({ policyFile }) => rm(policyFile),
  }
  for (const [reason, take] of Object.entries(without))
    it(`gives no profile, and refuses one that is asked for: ${reason}`, async (t) => {
      const { places, opened } = await host(t)
      await take(places)
      const { apparmor, said } = await opened()
      assert.equal(apparmor.enabled, false)
      assert.match(said.join('\n'), /^info: .*: containers run without AppArmor$/)
      for (const security of [undefined, plain, privileged, asking('unconfined')])
        assert.equal(await apparmor.profileFor(security), undefined)
      await assert.rejects(apparmor.profileFor(asking('docker-default')), {
        code: 'SLIPWAY_SUPERVISOR_APPARMOR_UNUSED',
        message: /"docker-default" cannot be had/,
      })
    })
})

/** What the kernel and the image have, as files that a test can change before a supervisor looks. */
async function host(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-apparmor-'))
  t.after(() => rm(directory, { recursive: true }))
  const places: AppArmorPlaces = {
    enabledFile: join(directory, 'enabled'),
    kernel: join(directory, 'kernel'),
    policyFile: join(directory, 'policy'),
    ownDirectory: join(directory, 'own'),
  }
  await mkdir(places.kernel)
  await writeFile(places.enabledFile, 'Y\n')
  await writeFile(places.policyFile, policy)
  await writeFile(`${places.kernel}/profiles`, 'docker-default (enforce)\nmine (enforce)\n')
  await writeFile(`${places.kernel}/.replace`, '')
  await chmod(`${places.kernel}/.replace`, 0o200)
  const said: string[] = []
  const say = (level: string) => (message: string) => void said.push(`${level}: ${message}`)
  const log = { info: say('info'), warning: say('warning'), error: say('error') }
  return { places, opened: async () => ({ apparmor: await AppArmor.open(log, places), said }) }
}
