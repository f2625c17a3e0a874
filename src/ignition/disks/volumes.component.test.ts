import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { afterEach, beforeEach, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import type { Luks } from '../../ignition-schema/index.ts'
import { ScratchHost } from '../scratch-host.ts'
import { carryOutDiskStep } from './carry-out.ts'
import { lookAtContent, lookAtVolume } from './look.ts'
import { planVolume, type VolumePlan } from './plan-volume.ts'
import { LoopDisk, run } from './testing/loop-disk.ts'

assert.equal(process.getuid?.(), 0, 'these tests set up loop devices: run them as root')

/** Quick to make, and small enough for a test's disk. */
const options = [
  '--pbkdf',
  'pbkdf2',
  '--pbkdf-force-iterations',
  '1000',
  '--luks2-metadata-size',
  '16k',
  '--luks2-keyslots-size',
  '512k',
]
const key = Buffer.from('secret\nwith lines\0and more')
const uuid = 'a1b2c3d4-0000-4000-8000-0123456789ab'

let disk: LoopDisk
let luks: Luks
beforeEach(() => {
  disk = new LoopDisk(32)
  luks = { name: 'slipway-test', device: disk.device, options, keyFile: { source: 'data:,k' } }
})
afterEach(() => disk.remove())

async function format(rest: Partial<Luks> = {}): Promise<void> {
  const { steps = [] } = planVolume({ ...luks, ...rest }, [], {})
  const [first] = steps
  if (first?.kind !== 'format-volume') throw new TypeError('nothing is formatted')
  await carryOutDiskStep(first, new Map([[luks.name, key]]))
}

async function planned(rest: Partial<Luks> = {}): Promise<VolumePlan> {
  const { content } = await lookAtContent(disk.device)
  const header = content?.type === 'crypto_LUKS' ? await lookAtVolume(disk.device) : undefined
  return planVolume({ ...luks, ...rest }, [], {
    ...(content && { content }),
    ...(header && { header }),
  })
}

test('makes a volume that opens by its key, with the label and UUID that were asked for', async () => {
  await format({ label: 'L', uuid })
  const opens = (secret: Buffer) =>
    run(
      'cryptsetup',
      ['open', '--test-passphrase', '--key-file', '-', disk.device],
      secret.toString('latin1'),
    )
  assert.equal(opens(key), '')
  assert.throws(() => opens(Buffer.from('secret')))
  assert.deepEqual((await lookAtContent(disk.device)).content, {
    ...{ type: 'crypto_LUKS', label: 'L', uuid, isAmbiguous: false },
  })
  assert.deepEqual(await lookAtVolume(disk.device), { version: 2, allowsDiscards: false })
})

test('takes a volume over only where it fits', async () => {
  await format({ label: 'L', uuid })
  const kinds = (plan: VolumePlan) => plan.steps?.map(({ kind }) => kind)
  assert.deepEqual(kinds(await planned({ label: 'L', uuid })), ['open-volume'])
  assert.ok((await planned({ label: 'M' })).findings)
  assert.ok((await planned({ discard: true })).findings)
  assert.deepEqual(kinds(await planned({ wipeVolume: true }))?.slice(0, 2), [
    'wipe-signatures',
    'format-volume',
  ])
})

test('knows LUKS1, and leaves it', async () => {
  run(
    'cryptsetup',
    [
      'luksFormat',
      '--batch-mode',
      '--type',
      'luks1',
      '--pbkdf-force-iterations',
      '1000',
      '--key-file',
      '-',
      disk.device,
    ],
    'k',
  )
  assert.equal((await lookAtVolume(disk.device)).version, 1)
  assert.match(
    (await planned()).findings?.[0]?.message ?? '',
    /a volume of LUKS1, and LUKS2 is asked for/,
  )
})

test('takes away the key by which a bound volume was made', async () => {
  await format()
  run(
    'cryptsetup',
    [
      'luksAddKey',
      '--batch-mode',
      '--pbkdf',
      'pbkdf2',
      '--pbkdf-force-iterations',
      '1000',
      '--key-file',
      '-',
      disk.device,
      import.meta.filename,
    ],
    key.toString('latin1'),
  )
  await carryOutDiskStep(
    { kind: 'remove-key', at: [], device: disk.device, name: luks.name },
    new Map([[luks.name, key]]),
  )
  const opens = () =>
    run(
      'cryptsetup',
      ['open', '--test-passphrase', '--key-file', '-', disk.device],
      key.toString('latin1'),
    )
  assert.throws(opens, /No key available/)
})

test('tells what cryptsetup says, and never the key', async () => {
  await assert.rejects(format({ options: ['--pbkdf', 'no-such-function'] }), (error: unknown) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_IGNITION_PROGRAM_FAILED'))
    assert.match(error.message, /^cryptsetup failed \(exit status \d+\): (?:.|\n)*pbkdf/i)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
})

test('the host has the key of a volume before the volume is made', {
  skip: hasDeviceMapper() && 'the kernel here opens volumes',
}, async () => {
  const host = new ScratchHost()
  try {
    const config = {
      ignition: { version: '3.6.0' },
      storage: { luks: [{ name: luks.name, device: disk.device, options }] },
    }
    const first = await host.provision(config)
    // Without a device mapper the volume cannot be opened: as if the power went right after it was made.
    assert.equal(first.status, 1)
    assert.match(first.stderr, /\$\.storage\.luks\.0: cryptsetup failed/)
    const file = host.at(`/etc/luks/${luks.name}`)
    const kept = readFileSync(file)
    assert.equal(kept.length, 8192)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(host.at('/etc/luks')).mode & 0o777, 0o700)
    const made = (await lookAtContent(disk.device)).content?.uuid
    const second = await host.provision(config)
    assert.match(second.stderr, /encrypting .* as slipway-test/)
    assert.deepEqual(readFileSync(file), kept)
    assert.equal((await lookAtContent(disk.device)).content?.uuid, made)
    assert.equal(
      run('cryptsetup', ['open', '--test-passphrase', '--key-file', file, disk.device]),
      '',
    )
    for (const { stderr } of [first, second])
      assert.ok(!stderr.includes(kept.toString().slice(0, 20)))
  } finally {
    host.remove()
  }
})

function hasDeviceMapper(): boolean {
  return readFileSync('/proc/misc', 'utf8').includes('device-mapper')
}
