import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Dice, edited, imageLike } from '../src/update/delta/testing/edits.ts'
import { compareBuilds, comparisonTable } from './compare-builds.ts'

test('updates from older builds are measured by each way', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-builds-'))
  t.after(() => rm(directory, { recursive: true }))
  const dice = new Dice(41)
  const build = async (name: string, usr: Buffer, uki: Buffer) => {
    const path = join(directory, name)
    await mkdir(path)
    await writeFile(join(path, 'usr.erofs'), usr)
    await writeFile(join(path, 'slipway.efi'), uki)
    return path
  }
  const [usr, uki] = [imageLike(dice, 1_500_000), dice.bytes(200_000)]
  const same = await build('same', usr, uki)
  const newest = await build('newest', usr, uki)
  const older = await build('older', edited(dice, usr), dice.bytes(200_000))
  const [unchanged, changed] = await compareBuilds([same, older], newest)
  assert.ok(unchanged && changed)
  assert.equal(unchanged.full, changed.full)
  assert.ok(unchanged.usrPatch < 500 && unchanged.ukiPatch < 500)
  assert.ok(changed.usrPatch > unchanged.usrPatch && changed.usrPatch < changed.full)
  assert.ok(changed.ukiPatch > 199_000, 'nothing of the UKI is alike')
  assert.ok(unchanged.chunks < changed.chunks)
  const [head, ...lines] = comparisonTable([unchanged, changed]).trimEnd().split('\n')
  assert.match(head ?? '', /full +patch \/usr +patch UKI +chunks$/)
  assert.match(lines[1] ?? '', new RegExp(`^older +${changed.full} +${changed.usrPatch} `))
})
