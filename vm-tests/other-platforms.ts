import assert from 'node:assert/strict'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'

/** Kernel arguments: an emulated machine on a busy one takes its time to find what its drivers are for. */
export const patience = 'systemd.default_device_timeout_sec=300'

/** A config that stops the boot of a host that takes it. */
export const notForThisPlatform = JSON.stringify({ ignition: { version: '0.0.0' } })

const PROVISIONED_TIMEOUT_MS = 600_000

/** Waits until a host has carried its config out, and looks where it had it from. The rest of its boot is like any other. */
export async function isProvisionedFrom(machine: VirtualMachine, source: string): Promise<void> {
  await machine.waitForLine(/the host is provisioned/, { timeoutMs: PROVISIONED_TIMEOUT_MS })
  const read = linesOf(machine).match(/read a config of \d+ bytes from .*/g) ?? []
  assert.ok(
    read.some((line) => line.includes(source)),
    `not from ${source}: ${read.join('; ')}`,
  )
}

export const linesOf = (machine: VirtualMachine) =>
  machine.console.lines.map(({ text }) => text).join('\n')
