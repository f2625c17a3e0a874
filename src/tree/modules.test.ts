import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededModules, parseModuleIndex } from './modules.ts'

const index = parseModuleIndex({
  dependencies: [
    'kernel/drivers/md/dm-verity.ko.xz: kernel/drivers/md/dm-bufio.ko.xz kernel/drivers/md/dm-mod.ko.xz',
    'kernel/drivers/md/dm-bufio.ko.xz: kernel/drivers/md/dm-mod.ko.xz',
    'kernel/drivers/md/dm-mod.ko.xz:',
    'kernel/drivers/net/ethernet/amazon/ena/ena.ko.xz:',
    'kernel/drivers/net/ethernet/amazonas/other.ko.xz:',
    'kernel/fs/erofs/erofs.ko.xz: kernel/lib/libcrc32c.ko.xz',
    'kernel/lib/libcrc32c.ko.xz:',
    'kernel/crypto/crc32c_generic.ko.xz:',
    'kernel/arch/x86/crypto/crc32c-intel.ko.xz:',
    '',
  ].join('\n'),
  softDependencies: '# Soft dependencies\nsoftdep libcrc32c pre: crc32c post: gone\n',
  aliases: [
    '# Aliases',
    'alias crc32c crc32c_generic',
    'alias crc32c crc32c_intel',
    'alias cpu:type:x86,ven*fam*mod*:feature:*0094* crc32c_intel',
    '',
  ].join('\n'),
})
const builtIn = 'kernel/fs/ext4/ext4.ko\nkernel/drivers/block/virtio_blk.ko\n'

test('a module brings what it depends on, each once and sorted', () => {
  assert.deepEqual(neededModules(index, builtIn, ['dm_verity', 'dm-mod']), {
    paths: [
      'kernel/drivers/md/dm-bufio.ko.xz',
      'kernel/drivers/md/dm-mod.ko.xz',
      'kernel/drivers/md/dm-verity.ko.xz',
    ],
    missing: [],
  })
})

test('a name with a slash is a folder of modules, and not one whose name only begins so', () => {
  assert.deepEqual(neededModules(index, builtIn, ['drivers/net/ethernet/amazon']).paths, [
    'kernel/drivers/net/ethernet/amazon/ena/ena.ko.xz',
  ])
})

test('what is built in needs no module, with either spelling', () => {
  assert.deepEqual(neededModules(index, builtIn, ['ext4', 'virtio-blk']), {
    paths: [],
    missing: [],
  })
})

test('every name that the kernel does not have is told', () => {
  const { missing } = neededModules(index, builtIn, ['nope', 'dm_mod', 'drivers/none'])
  assert.deepEqual(missing, ['nope', 'drivers/none'])
})

test('what a module needs by an alias comes too, in every make', () => {
  assert.deepEqual(neededModules(index, builtIn, ['erofs']).paths, [
    'kernel/arch/x86/crypto/crc32c-intel.ko.xz',
    'kernel/crypto/crc32c_generic.ko.xz',
    'kernel/fs/erofs/erofs.ko.xz',
    'kernel/lib/libcrc32c.ko.xz',
  ])
})
