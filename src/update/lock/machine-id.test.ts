import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { appSpecificMachineId, hostLockId } from './machine-id.ts'

const machineId = '0123456789abcdef0123456789abcdef'

describe('the ID of a host for the lock server', () => {
  // The answers of `systemd-id128 machine-id --app-specific=…` on a machine with this ID.
  for (const [applicationId, expected] of [
    ['de35106b6ec24688b63afddaa156679b', '583627a932274834a8ebd99f4ed41c0d'],
    ['de712cb36c7d4feb93160f54977ff647', '5c78bc31c5d64d68ab1d091ba6647cf8'],
  ] as const)
    it(`for the application ${applicationId} is that of systemd`, () =>
      assert.equal(appSpecificMachineId(machineId, applicationId), expected))

  it('comes from /etc/machine-id, and needs it', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'slipway-machine-id-'))
    t.after(() => rm(directory, { recursive: true }))
    const file = join(directory, 'machine-id')
    const missing = (error: unknown) => isSlipwayError(error, 'SLIPWAY_UPDATE_MACHINE_ID')
    await assert.rejects(hostLockId(file), missing)
    await writeFile(file, 'uninitialized\n')
    await assert.rejects(hostLockId(file), missing)
    await writeFile(file, `${machineId}\n`)
    assert.equal(await hostLockId(file), '5c78bc31c5d64d68ab1d091ba6647cf8')
  })
})
