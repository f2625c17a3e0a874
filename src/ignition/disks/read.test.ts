import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBlkid } from './blkid.ts'
import { readLsblk } from './lsblk.ts'
import { readSfdisk, sfdiskScript } from './sfdisk.ts'

test('reads a partition table of sfdisk, with numbers from the nodes of any disk', () => {
  const read = (device: string, node: string) =>
    readSfdisk(
      Buffer.from(
        JSON.stringify({
          partitiontable: {
            ...{ label: 'gpt', id: 'ID', device, unit: 'sectors', firstlba: 34, lastlba: 204_766 },
            sectorsize: 512,
            partitions: [
              { node, start: 2048, size: 10, type: 'aa', uuid: 'bb', name: 'n"', attrs: 'GUID:60' },
            ],
          },
        }),
      ),
    )
  const expected = {
    number: 12,
    start: 2048,
    size: 10,
    label: 'n"',
    guid: 'BB',
    typeGuid: 'AA',
    attributes: 'GUID:60',
  }
  assert.deepEqual(read('/dev/vdb', '/dev/vdb12').table.partitions, [expected])
  const { table, sectorBytes } = read('/dev/nvme0n1', '/dev/nvme0n1p12')
  assert.deepEqual(table, {
    ...{ type: 'gpt', id: 'ID', firstUsable: 34, lastUsable: 204_766, entries: 128 },
    partitions: [expected],
  })
  assert.equal(sectorBytes, 512)
})

test('refuses output of another form', () => {
  assert.throws(
    () => readSfdisk(Buffer.from('{"partitiontable": {}}')),
    /sectorsize is not a whole number/,
  )
})

test('writes labels so that nothing in them can end them', () => {
  const partition = { number: 3, start: 1, size: 2, guid: 'G', typeGuid: 'T', attributes: '' }
  const table = { type: 'gpt', id: 'I', firstUsable: 34, lastUsable: 99, entries: 128 }
  const script = sfdiskScript({ ...table, partitions: [{ ...partition, label: 'a"\n5 : \\é' }] })
  assert.equal(
    script,
    `label: gpt
label-id: I
unit: sectors
first-lba: 34
last-lba: 99
table-length: 128

3 : start=1, size=2, type=T, uuid=G, name="a\\x22\\x0a5 : \\x5c\\xc3\\xa9"
`,
  )
})

test('reads what blkid finds: a file system, a table, several, or nothing', () => {
  assert.deepEqual(readBlkid(''), {})
  assert.deepEqual(
    readBlkid(
      'ID_FS_LABEL=a_b\nID_FS_LABEL_ENC=a\\x20b\\xc3\\xa9\nID_FS_UUID=u\nID_FS_UUID_ENC=u\nID_FS_TYPE=ext4\nID_PART_ENTRY_UUID=ab\n',
    ),
    {
      partitionGuid: 'AB',
      content: { type: 'ext4', label: 'a bé', uuid: 'u', isAmbiguous: false },
    },
  )
  assert.deepEqual(readBlkid('ID_PART_TABLE_TYPE=gpt\n'), {
    table: 'gpt',
    content: { type: 'gpt partition table', label: '', uuid: '', isAmbiguous: false },
  })
  const several = readBlkid('ID_FS_AMBIVALENT=filesystem:ext4:1.0 filesystem:xfs\n').content
  assert.deepEqual(several?.isAmbiguous, true)
})

test('finds what uses a disk and its partitions in what lsblk tells', () => {
  const read = (device: object) =>
    readLsblk(Buffer.from(JSON.stringify({ blockdevices: [device] })))
  const disk = {
    name: '/dev/nvme0n1',
    type: 'disk',
    size: 4096,
    'log-sec': 512,
    mountpoints: [null],
  }
  const part = (number: number, rest: object) => ({
    name: `/dev/nvme0n1p${number}`,
    type: 'part',
    mountpoints: [null],
    ...rest,
  })
  assert.deepEqual(read(disk), { sizeBytes: 4096, sectorBytes: 512, usedPartitions: new Map() })
  const children = [
    part(1, {}),
    part(2, { mountpoints: ['/srv'] }),
    part(10, { children: [{ name: '/dev/mapper/usr', type: 'crypt' }] }),
  ]
  assert.deepEqual(
    [...read({ ...disk, children }).usedPartitions],
    [
      [2, '/srv'],
      [10, '/dev/mapper/usr'],
    ],
  )
  assert.equal(
    read({ ...disk, children: [{ name: '/dev/md0', type: 'raid1' }] }).usedBy,
    '/dev/md0',
  )
  assert.equal(read({ ...disk, mountpoints: ['[SWAP]'] }).usedBy, '[SWAP]')
})
