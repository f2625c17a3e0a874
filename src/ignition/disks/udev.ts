import { existsSync } from 'node:fs'
import { deviceAt } from './look.ts'
import { runProgram } from './program.ts'
import type { DiskStep } from './step.ts'

/**
 * Waits until udev has seen how a device is now, so that the links of /dev/disk lead where they
 * should. An event of our own is waited for: a bare settle may come before the events that the
 * change causes. Without udev, as in a container, there are no links to wait for.
 */
export async function settle(device: string): Promise<void> {
  if (!existsSync('/run/udev/control')) return
  await runProgram('udevadm', ['trigger', '--settle', deviceAt(device) ?? device])
}

/** Whether a step changes the same device and waits for udev afterwards, so that nobody needs to wait before it. */
export function isSettledBy(device: string, next: DiskStep | undefined): boolean {
  return next?.device === device && settling.has(next.kind)
}

const settling: ReadonlySet<DiskStep['kind']> = new Set([
  ...(['write-table', 'make-filesystem', 'format-volume'] as const),
])
