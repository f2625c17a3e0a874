import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { initialState, type UpdateState } from '../state/state.ts'
import { loadUpdateState, saveUpdateState } from '../state/state-file.ts'
import { readBootFacts, recordBoot } from './boot-facts.ts'
import { HostTree } from './testing/host-tree.ts'

const [hashA, hashB] = ['a'.repeat(64), 'b'.repeat(64)]
const at = '2026-03-01T12:00:00.000Z'
const now = () => new Date(at)

const staged: UpdateState = {
  ...initialState,
  phase: { kind: 'staged', bootId: 'boot-1', from: '1', version: '2', since: at, byHand: false },
}

test('a host that was found good runs, and is not on trial', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_1.efi', hashA)
  tree.boot('boot-1', '1', hashA)
  assert.deepEqual(await readBootFacts({ now }, tree.paths), {
    at,
    bootId: 'boot-1',
    running: '1',
    onTrial: false,
  })
})

test('a counted boot is on trial until its entry has no counter', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_2+2-1.efi', hashB)
  tree.boot('boot-1', '2', hashB, 'slipway_2+2-1.efi')
  assert.equal((await readBootFacts({}, tree.paths)).onTrial, true)
  tree.renameEntry('slipway_2+2-1.efi', 'slipway_2.efi')
  assert.equal((await readBootFacts({}, tree.paths)).onTrial, false)
})

test('the last of the tries is on trial too', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_2+0-3.efi', hashB)
  tree.boot('boot-1', '2', hashB, 'SLIPWAY_2+0-3.EFI')
  assert.equal((await readBootFacts({}, tree.paths)).onTrial, true)
})

test('what was found good and marked bad since is not on trial', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_2+0-1.efi', hashB)
  tree.boot('boot-1', '2', hashB, 'slipway_2+2-1.efi')
  assert.equal((await readBootFacts({}, tree.paths)).onTrial, false)
})

test('a machine without EFI variables has no boot on trial', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_1+3.efi', hashA)
  tree.boot('boot-1', '1', hashA)
  const paths = { ...tree.paths, efiVariables: `${tree.folder}/none` }
  assert.equal((await readBootFacts({}, paths)).onTrial, false)
})

test('the tries of the phase’s version are told, those of an entry that cannot boot are not', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_1.efi', hashA)
  tree.boot('boot-1', '1', hashA)
  const triesLeft = async () => (await readBootFacts({ phaseVersion: '2' }, tree.paths)).entry
  assert.equal(await triesLeft(), undefined)
  tree.putUnfinishedEntry('slipway_2+3.efi')
  assert.equal(await triesLeft(), undefined)
  tree.putEntry('slipway_2+3.efi', hashB)
  assert.deepEqual(await triesLeft(), { triesLeft: 3 })
  tree.renameEntry('slipway_2+3.efi', 'slipway_2.efi')
  assert.deepEqual(await triesLeft(), { triesLeft: 'blessed' })
})

test('a file that does not tell the version is named', async (context) => {
  const tree = new HostTree(context)
  tree.boot('boot-1', '1', hashA)
  writeFileSync(tree.paths.osRelease, 'ID="debian"\n')
  await assert.rejects(readBootFacts({}, tree.paths), (error) => {
    return (
      isSlipwayError(error, 'SLIPWAY_UPDATE_RUNNING_UNKNOWN') &&
      /IMAGE_V|VARIANT/.test(error.message)
    )
  })
})

test('a release that runs for the first time is on trial in what is remembered', async (context) => {
  const tree = new HostTree(context)
  await saveUpdateState(staged, tree.paths.state)
  tree.putEntry('slipway_2+2-1.efi', hashB)
  tree.boot('boot-2', '2', hashB, 'slipway_2+2-1.efi')
  const { state } = await recordBoot({ now }, tree.paths)
  assert.equal(state.phase.kind, 'trying')
  assert.deepEqual((await loadUpdateState(at, tree.paths.state)).state, state)
})

test('a release that used up its tries is remembered as bad', async (context) => {
  const tree = new HostTree(context)
  await saveUpdateState(staged, tree.paths.state)
  tree.putEntry('slipway_1.efi', hashA)
  tree.putEntry('slipway_2+0-3.efi', hashB)
  tree.boot('boot-5', '1', hashA)
  const { state } = await recordBoot({ now }, tree.paths)
  assert.equal(state.phase.kind, 'idle')
  assert.deepEqual(
    state.badReleases.map(({ version }) => version),
    ['2'],
  )
})

test('a state that cannot be read holds updates, and that is saved', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_1.efi', hashA)
  tree.boot('boot-1', '1', hashA)
  mkdirSync(dirname(tree.paths.state), { recursive: true })
  writeFileSync(tree.paths.state, '{')
  const { problem } = await recordBoot({ now }, tree.paths)
  assert.equal(problem?.code, 'SLIPWAY_UPDATE_STATE_DAMAGED')
  assert.notEqual((await loadUpdateState(at, tree.paths.state)).state.hold, undefined)
})

test('a host that remembers nothing and does nothing writes nothing', async (context) => {
  const tree = new HostTree(context)
  tree.putEntry('slipway_1.efi', hashA)
  tree.boot('boot-1', '1', hashA)
  await recordBoot({ now }, tree.paths)
  assert.equal(existsSync(tree.paths.state), false)
})
