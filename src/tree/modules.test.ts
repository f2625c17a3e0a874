import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededModules, parseModulesDependencies } from './modules.ts'

const dependencies = parseModulesDependencies(
  [
    'kernel/drivers/md/dm-verity.ko.xz: kernel/drivers/md/dm-bufio.ko.xz kernel/drivers/md/dm-mod.ko.xz',
    'kernel/drivers/md/dm-bufio.ko.xz: kernel/drivers/md/dm-mod.ko.xz',
    'kernel/drivers/md/dm-mod.ko.xz:',
    'kernel/drivers/net/ethernet/amazon/ena/ena.ko.xz:',
    'kernel/drivers/net/ethernet/amazonas/other.ko.xz:',
    '',
  ].join('\n'),
)
const builtIn = 'kernel/fs/ext4/ext4.ko\nkernel/drivers/block/virtio_blk.ko\n'

test('a module brings what it depends on, each once and sorted', () => {
  assert.deepEqual(neededModules(dependencies, builtIn, ['dm_verity', 'dm-mod']), {
    paths: [
      'kernel/drivers/md/dm-bufio.ko.xz',
      'kernel/drivers/md/dm-mod.ko.xz',
      'kernel/drivers/md/dm-verity.ko.xz',
    ],
    missing: [],
  })
})

test('a name with a slash is a folder of modules, and not one whose name only begins so', () => {
  assert.deepEqual(neededModules(dependencies, builtIn, ['drivers/net/ethernet/amazon']).paths, [
    'kernel/drivers/net/ethernet/amazon/ena/ena.ko.xz',
  ])
})

test('what is built in needs no module, with either spelling', () => {
  assert.deepEqual(neededModules(dependencies, builtIn, ['ext4', 'virtio-blk']), {
    paths: [],
    missing: [],
  })
})

test('every name that the kernel does not have is told', () => {
  const { missing } = neededModules(dependencies, builtIn, ['nope', 'dm_mod', 'drivers/none'])
  assert.deepEqual(missing, ['nope', 'drivers/none'])
})
