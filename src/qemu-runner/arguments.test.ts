import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MachinePlan, qemuArguments } from './arguments.ts'

const smallest: MachinePlan = {
  name: 'vm',
  acceleration: 'tcg',
  memoryMiB: 512,
  cpus: 1,
  boot: { from: 'bios' },
  disks: [],
  network: 'none',
  forwards: [],
  fwCfg: [],
  smbios: {},
  oemStrings: [],
  exitOnReboot: false,
  serialLog: '/vm/serial.log',
  extraArguments: [],
}

test('the smallest machine has a monitor, a console, entropy and nothing else', () => {
  assert.deepEqual(qemuArguments(smallest), [
    ...['-name', 'vm', '-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35'],
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-m', '512M', '-smp', '1'],
    ...['-chardev', 'socket,id=monitor,fd=3', '-mon', 'chardev=monitor,mode=control'],
    ...['-chardev', 'stdio,id=console,signal=off,logfile=/vm/serial.log,logappend=off'],
    ...['-serial', 'chardev:console'],
    ...['-object', 'rng-random,id=rng0,filename=/dev/urandom'],
    ...['-device', 'virtio-rng-pci,rng=rng0'],
  ])
})

const additions: readonly [string, Partial<MachinePlan>, readonly string[]][] = [
  ['KVM takes the host’s processor', { acceleration: 'kvm' }, ['-accel', 'kvm', '-cpu', 'host']],
  [
    'a kernel comes with its initrd and command line',
    { boot: { from: 'kernel', kernel: '/k', initrd: '/i', commandLine: 'quiet a=b,c' } },
    ['-kernel', '/k', '-initrd', '/i', '-append', 'quiet a=b,c'],
  ],
  ['a kernel needs no initrd', { boot: { from: 'kernel', kernel: '/k' } }, ['-kernel', '/k']],
  [
    'firmware lies in two flash chips',
    { boot: { from: 'firmware', code: '/code', variables: '/vars' } },
    ['-machine', 'q35,pflash0=firmware-code,pflash1=firmware-variables'],
  ],
  [
    'firmware variables are qcow2, for snapshots',
    { boot: { from: 'firmware', code: '/code', variables: '/v,1' } },
    [
      '-blockdev',
      '{"node-name":"firmware-variables","driver":"qcow2","file":{"driver":"file","filename":"/v,1"}}',
    ],
  ],
  [
    'a disk is a virtio device with its serial, in boot order',
    { disks: [{ file: '/d', serial: 'root', durable: false }] },
    ['-device', 'virtio-blk-pci,drive=disk0,bootindex=1,serial=root'],
  ],
  [
    'a disk that is kept is flushed',
    { disks: [{ file: '/d', durable: true }] },
    [
      '-blockdev',
      '{"node-name":"disk0","driver":"qcow2","discard":"unmap","cache":{"direct":false,"no-flush":false},"file":{"driver":"file","filename":"/d","discard":"unmap"}}',
    ],
  ],
  [
    'a disk whose writes are logged has the log above its overlay',
    { disks: [{ file: '/d', durable: true, writeLog: '/l' }] },
    [
      '-blockdev',
      '{"node-name":"disk0","driver":"blklogwrites","file":{"driver":"qcow2","discard":"unmap","cache":{"direct":false,"no-flush":false},"file":{"driver":"file","filename":"/d","discard":"unmap"}},"log":{"driver":"file","filename":"/l"},"log-sector-size":512}',
    ],
  ],
  [
    'forwards belong to the user network',
    {
      network: 'user',
      forwards: [{ protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, guestPort: 80 }],
    },
    ['-netdev', 'user,id=net0,hostfwd=tcp:127.0.0.1:0-:80'],
  ],
  [
    'an isolated network is restricted',
    { network: 'isolated' },
    ['-netdev', 'user,id=net0,restrict=on', '-device', 'virtio-net-pci,netdev=net0,romfile='],
  ],
  [
    'commas in a fw_cfg path are doubled',
    { fwCfg: [{ name: 'opt/com.coreos/config', file: '/a,b' }] },
    ['-fw_cfg', 'name=opt/com.coreos/config,file=/a,,b'],
  ],
  [
    'SMBIOS fields and OEM strings',
    { smbios: { product: 'A, B', serial: '1' }, oemStrings: ['/oem0'] },
    ['-smbios', 'type=1,product=A,, B,serial=1', '-smbios', 'type=11,path=/oem0'],
  ],
  [
    'a watchdog with its action',
    { watchdog: 'reset' },
    ['-device', 'i6300esb', '-action', 'watchdog=reset'],
  ],
  ['a reboot that ends QEMU', { exitOnReboot: true }, ['-action', 'reboot=shutdown']],
  ['more arguments come last, as they are', { extraArguments: ['-s', '-S'] }, ['-s', '-S']],
]

for (const [behaviour, addition, expected] of additions)
  test(`QEMU’s arguments: ${behaviour}`, () => {
    const all = qemuArguments({ ...smallest, ...addition })
    const at = all.findIndex((_, index) => expected.every((text, i) => all[index + i] === text))
    assert.notEqual(at, -1, `${JSON.stringify(expected)} not in ${JSON.stringify(all)}`)
  })
