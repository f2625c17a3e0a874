import { closeSync, constants, openSync, readSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from '../files/absence.ts'

export type PowerButtonOptions = {
  /** Where the kernel lists input devices. */
  readonly classDirectory?: string
  /** Where their nodes are. */
  readonly deviceDirectory?: string
  readonly intervalMs?: number
  /** Ends the watch, as `stop` does. */
  readonly signal?: AbortSignal
}

export type PowerButtonWatch = {
  /** The nodes watched; empty when the machine has no power button. */
  readonly devices: readonly string[]
  stop(): void
}

/** struct input_event on 64-bit Linux: 16 bytes of time, then type, code, value. */
const eventSize = 24
const EV_KEY = 1
const KEY_SLEEP = 142
const KEY_WAKEUP = 143
const KEY_POWER = 116
const KEY_POWER2 = 356

/**
 * Calls `onPress` once, when an ACPI power button is pressed; watching ends with that. Errors from
 * finding or opening the devices are thrown; a device that disappears later is no longer watched.
 *
 * The devices are opened non-blocking and asked at an interval. A blocking read would hold one of
 * libuv's four pool threads for good (one per device) and could not be cancelled; `net` and `tty`
 * refuse such descriptors, so epoll is out of reach; another program just for this would cost more
 * memory than the few system calls per second cost time. The kernel queues what happens in between.
 */
export async function watchPowerButton(
  onPress: () => void,
  options: PowerButtonOptions = {},
): Promise<PowerButtonWatch> {
  const { classDirectory = '/sys/class/input', deviceDirectory = '/dev/input' } = options
  const names = await findPowerButtons(classDirectory)
  const devices = names.map((name) => join(deviceDirectory, name))
  const open: number[] = []
  const stop = () => {
    clearInterval(timer)
    for (const descriptor of open.splice(0)) closeSync(descriptor)
  }
  const timer = setInterval(() => {
    for (const descriptor of [...open]) {
      const bytes = readAvailable(descriptor)
      if (bytes === 'gone') closeSync(open.splice(open.indexOf(descriptor), 1)[0] ?? descriptor)
      else if (hasPowerPress(bytes)) {
        stop()
        onPress()
        return
      }
    }
  }, options.intervalMs ?? 300)
  try {
    for (const device of devices)
      open.push(openSync(device, constants.O_RDONLY | constants.O_NONBLOCK))
  } catch (error) {
    stop()
    throw error
  }
  if (options.signal?.aborted) stop()
  options.signal?.addEventListener('abort', stop, { once: true })
  return { devices, stop }
}

/** Whether the events read from an input device tell of a power key going down. */
export function hasPowerPress(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + eventSize <= bytes.byteLength; at += eventSize) {
    const type = view.getUint16(at + 16, true)
    const code = view.getUint16(at + 18, true)
    const value = view.getInt32(at + 20, true)
    if (type === EV_KEY && code === KEY_POWER && value === 1) return true
  }
  return false
}

/**
 * Whether an input device is a power button: by the name that the kernel's ACPI driver gives, or by
 * having a power key and none but power and sleep keys. A keyboard with a power key is not one.
 * `keys` is sysfs's bitmap: hexadecimal words of 64 bits, the highest first.
 */
export function isPowerButton(name: string, keys: string): boolean {
  const codes = keyCodes(keys)
  if (!codes.includes(KEY_POWER)) return false
  if (name.trim() === 'Power Button') return true
  return codes.every((code) => [KEY_POWER, KEY_POWER2, KEY_SLEEP, KEY_WAKEUP].includes(code))
}

function keyCodes(bitmap: string): number[] {
  const words = bitmap.trim().split(/\s+/).reverse()
  return words.flatMap((word, index) => {
    const bits = BigInt(`0x${word || '0'}`)
    return Array.from({ length: 64 }, (_, bit) => bit)
      .filter((bit) => (bits >> BigInt(bit)) & 1n)
      .map((bit) => index * 64 + bit)
  })
}

async function findPowerButtons(classDirectory: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await namesIn(classDirectory)) {
    if (!/^event\d+$/.test(name)) continue
    const device = join(classDirectory, name, 'device')
    const [title, keys] = await Promise.all([
      readFile(join(device, 'name'), 'utf8'),
      readFile(join(device, 'capabilities', 'key'), 'utf8'),
    ])
    if (isPowerButton(title, keys)) found.push(name)
  }
  return found.sort()
}

function readAvailable(descriptor: number): Uint8Array | 'gone' {
  const buffer = Buffer.alloc(eventSize * 64)
  try {
    return buffer.subarray(0, readSync(descriptor, buffer))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return buffer.subarray(0, 0)
    if (code === 'ENODEV') return 'gone'
    throw error
  }
}
