import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Engine, startDocker, startSlipway } from '../differential/engine.ts'
import { cleanUpsOfSuite } from '../testing/suite.ts'

const image = '127.0.0.1:5000/test/busybox:1'

/**
 * Programs that know nothing of this engine do the same to it and to Docker's, and get the same. Each tells what
 * it gets, and ends with a failure where it gets an error.
 */
describe('a program that was written for Docker works as it is', () => {
  let engines: readonly [Engine, Engine]
  const cleanUps = cleanUpsOfSuite()

  before(async () => {
    engines = await Promise.all([startDocker(cleanUps), startSlipway(cleanUps)])
  })

  const same = async (program: string, file: string) => {
    const line = `TESTCONTAINERS_RYUK_DISABLED=true ${program} ${join(import.meta.dirname, file)} ${image}`
    const [theirs, ours] = await Promise.all(engines.map((engine) => engine.run(line)))
    assert.equal(theirs?.status, 0, `docker: ${theirs?.stderr}\n${theirs?.stdout}`)
    assert.equal(ours?.status, 0, `slipway: ${ours?.stderr}\n${ours?.stdout}`)
    assert.deepEqual(ours.stdout.split('\n'), theirs.stdout.split('\n'))
    assert.match(ours.stdout, /^over true$/m)
  }

  it('with docker-py', () => same('python3', 'docker-py.py'))
  it('with dockerode', () => same(process.execPath, 'dockerode.ts'))
  it('with testcontainers', () => same(process.execPath, 'testcontainers.ts'))
})
