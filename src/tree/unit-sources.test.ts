import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readUnitSources } from './unit-sources.ts'

test('files go where their folder says, drop-ins below, templates filled and renamed', async (t) => {
  const directory = await units(t, {
    'system/a.service': '{{not a template}}\n',
    'initrd/initrd.target.d/b.conf': 'b\n',
    'repart/10-esp.conf.hbs': 'SizeMinBytes={{slots.espSizeMiB}}M "quoted" & <kept>\n',
    'etc/hosts': 'h\n',
  })
  const names = [
    'system/a.service',
    'initrd/initrd.target.d/b.conf',
    'repart/10-esp.conf.hbs',
    'etc/hosts',
  ]
  assert.deepEqual(await readUnitSources(directory, names, { slots: { espSizeMiB: 512 } }), [
    { destination: '/usr/lib/systemd/system/a.service', text: '{{not a template}}\n' },
    { destination: '/usr/lib/systemd/system/initrd.target.d/b.conf', text: 'b\n' },
    {
      destination: '/usr/lib/repart.d/10-esp.conf',
      text: 'SizeMinBytes=512M "quoted" & <kept>\n',
    },
    { destination: '/etc/hosts', text: 'h\n' },
  ])
})

test('a file that is not there is told by its name', async (t) => {
  const directory = await units(t, {})
  await assert.rejects(readUnitSources(directory, ['system/none.service'], {}), {
    code: 'SLIPWAY_BUILD_UNIT_MISSING',
    message: /system\/none\.service/,
  })
})

test('a folder that has no place in the image is refused', async (t) => {
  const directory = await units(t, { 'elsewhere/a': '' })
  await assert.rejects(readUnitSources(directory, ['elsewhere/a'], {}), {
    code: 'SLIPWAY_BUILD_UNIT_FOLDER',
  })
})

test('a template that asks for what is not there is refused, as is a broken one', async (t) => {
  const directory = await units(t, { 'system/a.hbs': '{{sloths}}', 'system/b.hbs': '{{#if x}}' })
  for (const name of ['system/a.hbs', 'system/b.hbs'])
    await assert.rejects(readUnitSources(directory, [name], { slots: 1 }), {
      code: 'SLIPWAY_BUILD_UNIT_TEMPLATE',
    })
})

async function units(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-units-'))
  t.after(() => rm(directory, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true })
    await writeFile(join(directory, name), text)
  }
  return directory
}
