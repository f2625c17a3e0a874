import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../../supervisor/testing/host.ts'
import { cleanUpsOfSuite } from '../../supervisor/testing/suite.ts'
import { eventually } from '../../supervisor/testing/world.ts'
import type { HostReport } from './report.ts'

describe('slipctl host', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
  })
  const report = async () => {
    const { status, stdout, stderr } = await host.world.slipctl('host', '--json')
    assert.notEqual(stdout, '', stderr)
    return { status, report: JSON.parse(stdout) as HostReport }
  }

  it('tells of containers and disks, on a machine without releases too', async () => {
    const { report: told } = await report()
    assert.deepEqual([told.release, told.slot], [null, null])
    assert.equal(told.containers.byState.running, 1)
    assert.ok(told.disks.some(({ path, sizeBytes }) => path === '/' && sizeBytes > 0))
    const { stdout } = await host.world.slipctl('host')
    assert.match(stdout, /^containers +1 running$/m)
  })

  it('says what is wrong, and ends with 1', async () => {
    await host.world.declare('bad.yaml', 'services: { web: { imgae: x } }')
    await eventually('the mistake is told', async () => {
      const { status, report: told } = await report()
      return status === 1 && told.health.reasons.some((reason) => /bad\.yaml:1:/.test(reason))
    })
  })
})
