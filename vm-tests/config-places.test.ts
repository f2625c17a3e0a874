import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { asStick, vfatImage, withMedium } from './drives.ts'
import { onlyInAll } from './extent.ts'
import { boot, type Laboratory, openLaboratory, testConfig } from './host.ts'
import { isProvisionedFrom, notForThisPlatform, patience } from './other-platforms.ts'

describe('a host whose config is in a place that comes before its platform', onlyInAll, () => {
  async function takes(
    laboratory: Laboratory,
    source: string,
    { kernelArguments, devices }: { kernelArguments: string; devices: readonly string[] },
  ): Promise<void> {
    await using machine = await boot(laboratory, {
      config: notForThisPlatform,
      kernelArguments: `ignition.platform.id=qemu ${kernelArguments} ${patience}`,
      extraArguments: devices,
    })
    await isProvisionedFrom(machine, source)
  }

  it('takes it from a USB stick with the label that the kernel’s command line names', async () => {
    const laboratory = await openLaboratory({ name: 'metal' })
    try {
      const stick = await vfatImage(laboratory, {
        label: 'SLIPWAY',
        files: { 'hosts/web-1.ign': testConfig(laboratory) },
      })
      await takes(laboratory, '/hosts/web-1.ign of the file system SLIPWAY', {
        kernelArguments: 'ignition.config.device=SLIPWAY ignition.config.path=/hosts/web-1.ign',
        devices: withMedium(stick, asStick),
      })
    } finally {
      await laboratory.close()
    }
  })

  it('takes it from a credential in the firmware’s OEM strings', async () => {
    const laboratory = await openLaboratory()
    try {
      const string = join(laboratory.directory, 'oem-string')
      const data = Buffer.from(testConfig(laboratory)).toString('base64')
      await writeFile(string, `io.systemd.credential.binary:ignition.config=${data}`)
      await takes(laboratory, 'ignition.config', {
        kernelArguments: '',
        devices: ['-smbios', `type=11,path=${string}`],
      })
    } finally {
      await laboratory.close()
    }
  })
})
