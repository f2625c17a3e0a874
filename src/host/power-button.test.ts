import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { hasPowerPress, isPowerButton, watchPowerButton } from './power-button.ts'

function event(type: number, code: number, value: number): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeBigInt64LE(1_700_000_000n, 0)
  bytes.writeUInt16LE(type, 16)
  bytes.writeUInt16LE(code, 18)
  bytes.writeInt32LE(value, 20)
  return bytes
}

const press = event(1, 116, 1)
const release = event(1, 116, 0)
const sync = event(0, 0, 0)

const reads: readonly [string, Buffer, boolean][] = [
  ['a press', Buffer.concat([press, sync]), true],
  ['a press after other events', Buffer.concat([sync, event(1, 30, 1), press]), true],
  ['a release', Buffer.concat([release, sync]), false],
  ['another key', event(1, 142, 1), false],
  ['the same number in another type of event', event(4, 116, 1), false],
  ['nothing', Buffer.alloc(0), false],
  ['an event that is cut', press.subarray(0, 23), false],
]

for (const [what, bytes, expected] of reads)
  test(`${what} is ${expected ? '' : 'not '}a press of the power button`, () =>
    assert.equal(hasPowerPress(bytes), expected))

const devices: readonly [string, string, boolean][] = [
  ['Power Button', '10000000000000 0', true],
  ['Some Vendor Switch', '10000000000000 0', true],
  ['Some Vendor Switch', '1000000000 0 0 c000 10000000000000 0', true],
  ['Power Button', '0', false],
  [
    'AT Translated Set 2 keyboard',
    '402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe',
    false,
  ],
  ['Multimedia Keyboard', '10000000000000 fffffffffffffffe', false],
  ['Sleep Button', '4000 0 0', false],
]

for (const [name, keys, expected] of devices)
  test(`${name} with keys ${keys} is ${expected ? '' : 'not '}a power button`, () =>
    assert.equal(isPowerButton(name, keys), expected))

/** A named pipe stands where the kernel's device would: read without blocking it answers alike. */
async function inputDevices(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'power-button-'))
  t.after(() => rm(root, { recursive: true }))
  for (const [name, title, keys] of [
    ['event0', 'AT Translated Set 2 keyboard', 'fffffffffffffffe'],
    ['event1', 'Power Button', '10000000000000 0'],
  ] as const) {
    await mkdir(join(root, name, 'device', 'capabilities'), { recursive: true })
    await writeFile(join(root, name, 'device', 'name'), `${title}\n`)
    await writeFile(join(root, name, 'device', 'capabilities', 'key'), `${keys}\n`)
  }
  const nodes = join(root, 'nodes')
  await mkdir(nodes)
  execFileSync('mkfifo', [join(nodes, 'event1')])
  const device = await open(join(nodes, 'event1'), 'r+')
  t.after(() => device.close())
  return { options: { classDirectory: root, deviceDirectory: nodes, intervalMs: 5 }, nodes }
}

test('a press calls back once, however often the button is pressed', async (t) => {
  const { options, nodes } = await inputDevices(t)
  const pressed = Promise.withResolvers<void>()
  let presses = 0
  const watch = await watchPowerButton(() => {
    presses++
    pressed.resolve()
  }, options)
  t.after(() => watch.stop())
  assert.deepEqual(watch.devices, [join(nodes, 'event1')])
  await appendFile(join(nodes, 'event1'), Buffer.concat([release, sync]))
  await delay(30)
  assert.equal(presses, 0)
  await appendFile(join(nodes, 'event1'), Buffer.concat([press, sync, release, sync, press, sync]))
  await pressed.promise
  await delay(30)
  assert.equal(presses, 1)
})

test('a stopped watch does not call back', async (t) => {
  const { options, nodes } = await inputDevices(t)
  const watch = await watchPowerButton(() => assert.fail('called after stop'), options)
  watch.stop()
  await appendFile(join(nodes, 'event1'), press)
  await delay(30)
})

test('a process that watches ends when it is told to', async (t) => {
  const { options } = await inputDevices(t)
  const program = `
    import { watchPowerButton } from ${JSON.stringify(join(import.meta.dirname, 'power-button.ts'))}
    const ending = new AbortController()
    await watchPowerButton(() => {}, { ...${JSON.stringify(options)}, signal: ending.signal })
    ending.abort()`
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], { timeout: 20_000 })
})

test('a machine without input devices has nothing to watch', async () => {
  const watch = await watchPowerButton(() => {}, { classDirectory: '/nonexistent' })
  assert.deepEqual(watch.devices, [])
  watch.stop()
})
