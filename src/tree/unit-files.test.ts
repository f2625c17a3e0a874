import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Entry } from './entry.ts'
import { orphanedUnits } from './unit-files.ts'

const UNITS = '/usr/lib/systemd/system'

test('a unit whose program did not stay goes, with what starts it', async (t) => {
  const orphans = await orphaned(t, {
    'gone.service': 'ExecStart=/usr/lib/gone --option',
    'gone.socket': 'ListenStream=/run/gone',
    'gone.timer': 'OnCalendar=daily',
    'gone.service.d/more.conf': '[Service]',
    'sockets.target.wants/gone.socket': '->../gone.socket',
    'stays.service': 'ExecStart=-/sbin/there',
    'stays.socket': 'ListenStream=/run/stays',
  })
  assert.deepEqual(orphans, [
    'gone.service',
    'gone.service.d/more.conf',
    'gone.socket',
    'gone.timer',
    'sockets.target.wants/gone.socket',
  ])
})

test('a program is found by the paths of before the merge of /usr, and by its bare name', async (t) => {
  const orphans = await orphaned(t, {
    'a.service': 'ExecStart=/sbin/there x',
    'b.service': 'ExecStart=!!/bin/there',
    'c.service': 'ExecStart=there',
    'd.service': 'ExecStart=%h/anything',
    'e.service': 'ExecStart=-/usr/bin/may-be-gone',
    'f.service': 'ExecStart=/bin/gone',
  })
  assert.deepEqual(orphans, ['f.service'])
})

test('a unit goes when the condition that it runs first is not there', async (t) => {
  const orphans = await orphaned(t, {
    'a.service': 'ExecCondition=/usr/bin/gone\nExecStart=/usr/bin/there',
  })
  assert.deepEqual(orphans, ['a.service'])
})

test('a socket without the service of its name goes; a template counts as one', async (t) => {
  const orphans = await orphaned(t, {
    'alone.socket': 'ListenStream=/run/alone',
    'each.socket': 'Accept=yes',
    'each@.service': 'ExecStart=/usr/bin/there',
  })
  assert.deepEqual(orphans, ['alone.socket'])
})

/** Units by path below the unit folder, a link's text after `->`: the orphans among them. */
async function orphaned(
  t: TestContext,
  units: Readonly<Record<string, string>>,
): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-units-'))
  t.after(() => rm(directory, { recursive: true }))
  const base = { mode: 0o644, sizeBytes: 1, package: 'p' }
  const program = '/usr/bin/there'
  const entries: Entry[] = [{ ...base, path: program, type: 'file', source: program }]
  for (const [index, [name, text]] of Object.entries(units).entries()) {
    const source = join(directory, String(index))
    const path = `${UNITS}/${name}`
    const target = /^->(.*)/.exec(text)?.[1]
    await writeFile(source, `[Service]\n${text}\n`)
    entries.push(
      target === undefined
        ? { ...base, path, source, type: 'file' }
        : { ...base, path, source, type: 'link', target },
    )
  }
  return [...(await orphanedUnits(entries))].map((path) => path.slice(UNITS.length + 1)).sort()
}
