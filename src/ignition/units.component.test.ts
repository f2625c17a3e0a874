import assert from 'node:assert/strict'
import { chmodSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, test } from 'node:test'
import { furnishedHost } from './furnished-host.ts'
import { outcomeOf, type ScratchHost } from './scratch-host.ts'

assert.equal(process.getuid?.(), 0, 'these tests set owners: run them as root')

let host: ScratchHost
beforeEach(() => {
  host = furnishedHost()
})
afterEach(() => host.remove())

const provision = (units: readonly object[]) =>
  host.provision({ ignition: { version: '3.6.0' }, systemd: { units } })

/** As process 1 does at the first boot. */
async function firstBoot(): Promise<void> {
  const preset = ['preset-all', '--preset-mode=enable-only']
  const { status, stderr } = await outcomeOf('systemctl', ['--root', host.root, ...preset])
  assert.equal(status, 0, stderr)
}

async function stateOf(unit: string): Promise<string> {
  const { stdout } = await outcomeOf('systemctl', ['--root', host.root, 'is-enabled', unit])
  return stdout.trim()
}

const service = '[Service]\nExecStart=/usr/bin/true\n'
const install = '[Install]\nWantedBy=multi-user.target\n'

test('systemd finds units at the first boot as the config wants them', async () => {
  host.put('/usr/lib/systemd/system-preset/50-vendor.preset', 'enable on.service\n')
  const { status, stderr } = await provision([
    { name: 'new.service', enabled: true, contents: service + install },
    { name: 'alias.service', enabled: true, contents: `${service}${install}Alias=other.service\n` },
    { name: 'off.service', enabled: true },
    { name: 'on.service', enabled: false },
    { name: 'each@a.service', enabled: true },
    { name: 'each@b.service', enabled: true },
    { name: 'static.service', mask: true },
    { name: 'masked.service', mask: false, enabled: true },
  ])
  assert.equal(status, 0, stderr)
  assert.doesNotMatch(stderr, /warning/)
  await firstBoot()
  const states: Readonly<Record<string, string>> = {
    'new.service': 'enabled',
    'alias.service': 'enabled',
    'other.service': 'alias',
    'off.service': 'enabled',
    'on.service': 'disabled',
    'each@a.service': 'enabled',
    'each@b.service': 'enabled',
    'each@c.service': 'disabled',
    'static.service': 'masked',
    'masked.service': 'enabled',
  }
  for (const [unit, state] of Object.entries(states)) assert.equal(await stateOf(unit), state, unit)
})

test('systemd-analyze reads units and drop-ins, and has nothing to say of them', async () => {
  host.put('/usr/bin/true', '')
  chmodSync(host.at('/usr/bin/true'), 0o755)
  for (const name of ['multi-user', 'sysinit', 'basic', 'shutdown'])
    host.put(`/usr/lib/systemd/system/${name}.target`, '[Unit]\nDescription=Target\n')
  const dropin = (contents: string) => [{ name: '10.conf', contents }]
  const { status, stderr } = await provision([
    { name: 'good.service', contents: service + install, dropins: dropin('[Service]\nNice=5\n') },
    { name: 'bad.service', contents: service, dropins: dropin('[Service]\nUnknown=5\n') },
  ])
  assert.equal(status, 0, stderr)
  const verify = ['verify', '--recursive-errors=no', '--root', host.root]
  const good = await outcomeOf('systemd-analyze', [...verify, 'good.service'])
  assert.deepEqual([good.status, good.stderr], [0, ''])
  const bad = await outcomeOf('systemd-analyze', [...verify, 'bad.service'])
  assert.match(bad.stderr, /bad\.service\.d\/10\.conf:2: Unknown key/)
})

test('a unit that is disabled takes what it names by Also= with it', async () => {
  const wants = '/etc/systemd/system/multi-user.target.wants'
  host.put('/usr/lib/systemd/system/pair.service', `${service}${install}Also=pair.socket\n`)
  host.put('/usr/lib/systemd/system/pair.socket', `[Socket]\nListenStream=/x\n${install}`)
  for (const name of ['pair.service', 'pair.socket'])
    symlinkSync(`/usr/lib/systemd/system/${name}`, host.at(`${wants}/${name}`))
  assert.equal((await provision([{ name: 'pair.service', enabled: false }])).status, 0)
  await firstBoot()
  assert.deepEqual(
    [await stateOf('pair.service'), await stateOf('pair.socket')],
    ['disabled', 'disabled'],
  )
  assert.equal(host.snapshot().has(`${wants}/on.service`), true)
})

test('warns of units that are enabled without effect', async () => {
  symlinkSync('off.service', host.at('/usr/lib/systemd/system/name.service'))
  symlinkSync('loop.service', host.at('/etc/systemd/system/loop.service'))
  const { status, stderr } = await provision([
    { name: 'missing.service', enabled: true },
    { name: 'static.service', enabled: true },
    { name: 'masked.service', enabled: true },
    { name: 'name.service', enabled: true },
    { name: 'none@a.service', enabled: true },
    { name: 'loop.service', enabled: true },
  ])
  assert.equal(status, 0, stderr)
  for (const expected of [
    /units\.0\.enabled: enabling has no effect: the host has no unit missing\.service/,
    /units\.1\.enabled: .*\/usr\/lib\/systemd\/system\/static\.service has no \[Install\] section/,
    /units\.2\.enabled: .*masked\.service is masked, expected mask: false too/,
    /units\.3\.enabled: .*name\.service is another name, expected off\.service/,
    /units\.4\.enabled: .*the host has no unit none@a\.service/,
    /units\.5\.enabled: .*loop\.service has no \[Install\] section/,
  ])
    assert.match(stderr, expected)
  await firstBoot()
  for (const unit of ['static.service', 'masked.service', 'name.service'])
    assert.notEqual(await stateOf(unit), 'enabled', unit)
})
