import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { serve } from '../src/ignition/testing/servers.ts'
import { troubleSigns } from '../src/start/trouble-signs.ts'
import {
  asDisk,
  cdImage,
  isoWithLongNames,
  onSata,
  onVirtioScsi,
  udf,
  vfatImage,
  withMedium,
} from './drives.ts'
import { onlyInAll } from './extent.ts'
import { boot, type Laboratory, openLaboratory, testConfig } from './host.ts'
import { metadataNetwork } from './metadata-network.ts'
import { isProvisionedFrom, linesOf, notForThisPlatform, patience } from './other-platforms.ts'

const STOP_TIMEOUT_MS = 240_000

describe('a host of a cloud whose config is on a drive', onlyInAll, () => {
  let laboratory: Laboratory

  before(async () => {
    laboratory = await openLaboratory({ name: 'azure' })
  })

  after(() => laboratory?.close())

  const start = (platform: string, extraArguments: readonly string[]) =>
    boot(laboratory, {
      config: notForThisPlatform,
      kernelArguments: `ignition.platform.id=${platform} ${patience}`,
      extraArguments,
    })

  it('takes it from a config drive on a SCSI bus, and has no network in the initrd', async () => {
    const image = await cdImage(laboratory, {
      label: 'config-2',
      files: { 'openstack/latest/user_data': testConfig(laboratory) },
      format: isoWithLongNames,
    })
    await using machine = await start('kubevirt', withMedium(image, onVirtioScsi))
    await isProvisionedFrom(machine, 'user data on the drive config-2')
    assert.doesNotMatch(linesOf(machine), /Network for provisioning/)
  })

  it('takes it from a NoCloud CD on SATA, the host’s name from the same', async () => {
    const config = JSON.parse(testConfig(laboratory))
    config.systemd.units.push({ name: 'afterburn-hostname.service', enabled: true })
    const image = await cdImage(laboratory, {
      label: 'cidata',
      files: {
        'user-data': JSON.stringify(config),
        'meta-data': 'instance-id: i-1\nlocal-hostname: of-the-drive\n',
      },
      format: isoWithLongNames,
    })
    await using machine = await start('nocloud', withMedium(image, onSata))
    await isProvisionedFrom(machine, 'user data on the drive cidata')
    assert.match(linesOf(machine), /writing file .*\/etc\/hostname/)
  })

  it('takes it from Azure’s CD, UDF on SATA, where the service has no user data', async () => {
    await using metadata = await serve(() => ({ body: '' }))
    const image = await cdImage(laboratory, {
      label: 'OVF-ENV',
      files: { 'ovf-env.xml': '<Environment/>', 'CustomData.bin': testConfig(laboratory) },
      format: udf,
    })
    const devices = [...withMedium(image, onSata), ...metadataNetwork(metadata.port)]
    await using machine = await start('azure', devices)
    await isProvisionedFrom(machine, 'custom data on the CD')
    assert.match(metadata.seen[0]?.path ?? '', /^\/metadata\/instance\/compute\/userData\?/)
  })

  it('stops with the reason where a NoCloud disk, vfat, is for cloud-init', async () => {
    const image = await vfatImage(laboratory, {
      label: 'CIDATA',
      files: { 'user-data': '#cloud-config\nhostname: a\n', 'meta-data': '' },
    })
    await using machine = await boot(laboratory, {
      config: notForThisPlatform,
      kernelArguments: `ignition.platform.id=nocloud ${patience}`,
      extraArguments: withMedium(image, asDisk),
      troubleSigns: troubleSigns.filter(({ name }) => /kernel|core dump|ordering/.test(name)),
    })
    const refusal = await machine.waitForLine(/ignition: error: .*cloud-config/, {
      timeoutMs: STOP_TIMEOUT_MS,
    })
    assert.match(refusal.text, /this is a cloud-config for cloud-init.*an Ignition config/)
    await machine.waitForLine(/Emergency Mode/, { timeoutMs: STOP_TIMEOUT_MS })
    machine.throwIfFailed()
  })
})
