import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadImage } from './load.ts'
import { withProvisioning } from './provisioning.ts'

const directory = join(import.meta.dirname, '../../images')

test('every image can partition, encrypt and format by what takes little space', async () => {
  const { strip, packages, provisioning } = await loadImage('qemu', { directory })
  for (const program of ['sfdisk', 'lsblk', 'blkid', 'mkfs.ext4', 'mkfs.vfat', 'cryptsetup'])
    assert.ok(program in strip.executables, program)
  for (const program of ['mdadm', 'mkfs.xfs', 'mkfs.btrfs', 'systemd-cryptenroll'])
    assert.equal(program in strip.executables, false, program)
  assert.ok(packages.includes('dosfstools'))
  assert.equal(provisioning.raid, false)
})

test('an option brings packages, programs, modules and rules, each once', async () => {
  const base = await loadImage('qemu', { directory })
  const all = {
    disks: true,
    vfat: true,
    xfs: true,
    btrfs: true,
    raid: true,
    luks: true,
    tpm2: true,
  }
  const content = withProvisioning({ ...base, provisioning: all })
  assert.ok(content.packages.includes('mdadm'))
  assert.ok('raid456' in content.kernel.modules)
  assert.ok(content.strip.files.some((glob) => glob.includes('64-md-raid-assembly')))
  assert.ok(content.strip.libraries.includes('libtss2-esys.so.0*'))
  assert.deepEqual(withProvisioning(content), content)
  assert.equal(new Set(content.packages).size, content.packages.length)
})

test('reasons and held versions of the definition itself stay', async () => {
  const base = await loadImage('qemu', { directory })
  const packages = ['dosfstools=4.2-1.2', ...base.packages.filter((name) => name !== 'dosfstools')]
  const content = withProvisioning({
    ...base,
    packages,
    strip: { ...base.strip, executables: { sfdisk: 'ours' } },
  })
  assert.deepEqual(content.packages, packages)
  assert.equal(content.strip.executables.sfdisk, 'ours')
})
