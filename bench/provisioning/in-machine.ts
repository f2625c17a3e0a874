import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { benchErrors } from '../../src/errors/bench.ts'
import {
  type AccelerationChoice,
  chooseAcceleration,
  type Programs,
  startVirtualMachine,
} from '../../src/qemu-runner/index.ts'
import { machineTree } from '../../src/start/machine-tree.ts'
import { qemuPrograms } from '../../src/start/programs.ts'
import { virtualMachine } from '../boots.ts'
import type { MachineBenchOptions } from '../machine-bench.ts'
import { arrayConfig, arrayDisks } from './configs.ts'
import { makeGuestDisks } from './guest-disks.ts'
import { guestKernel } from './guest-kernel.ts'
import { disks, type GuestTimes, measuringEnd, readGuestTimes } from './guest-lines.ts'

export type MeasuredInMachine = {
  readonly times: GuestTimes
  readonly qemu: { readonly programs: Programs; readonly acceleration: AccelerationChoice }
}

/** Under emulation each turn takes up to a minute. */
const timeoutMs = 600_000

/** Spared what systemd does at the first boot of a new root, as the machine's is at each boot. */
const commandLine = `console=ttyS0 quiet panic=-1 \
systemd.unit=measure.service systemd.show_status=no systemd.condition_needs_update=no`

/**
 * Has both sides make an array of two disks in one virtual machine, in turns, and gives what it timed. `tree` is the Debian
 * tree with all that both run. Throws SLIPWAY_BENCH_PROVISIONING_FAILED and what virtual machines throw.
 */
export async function measureInMachine(
  tree: string,
  executable: string,
  options: MachineBenchOptions,
): Promise<MeasuredInMachine> {
  const { project, cache, definition, peers, runs, signal, say } = options
  say('preparing QEMU, a kernel and disks')
  const machines = await machineTree(definition.debian, {
    ...{ project, cache, locked: false, signal },
    emit: () => {},
  })
  const programs = qemuPrograms(machines.tree)
  const acceleration = await chooseAcceleration({ programs, signal })
  const kernel = await guestKernel(options)
  const images = await makeGuestDisks({
    ...{ tree, executable, kernel, signal, turns: runs },
    directory: join(options.directory, 'array'),
    sides: peers ? ['ours', 'peer'] : ['ours'],
  })
  say(`provisioning by ${arrayConfig.title}, in a virtual machine`)
  const logs = join(options.directory, 'consoles')
  await mkdir(logs, { recursive: true })
  await using machine = await startVirtualMachine({
    name: 'array',
    boot: { from: 'kernel', kernel: kernel.image, initrd: images.initrd, commandLine },
    programs,
    acceleration: acceleration.acceleration,
    memoryMiB: virtualMachine.memoryMiB,
    cpus: virtualMachine.cpus,
    disks: [
      { image: images.tree, serial: disks.tree },
      { image: images.ours, serial: disks.ours },
      { sizeBytes: 256 << 20, serial: disks.work },
      ...arrayDisks.map((serial) => ({ sizeBytes: 256 << 20, serial })),
    ],
    network: 'none',
    exitOnReboot: true,
    serialLog: join(logs, 'array.log'),
    signal,
  })
  await machine.waitForLine(measuringEnd, { timeoutMs })
  const times = readGuestTimes(machine.console.lines.map(({ text }) => text))
  if ('failed' in times)
    throw benchErrors.error('SLIPWAY_BENCH_PROVISIONING_FAILED', {
      config: arrayConfig.title,
      reason: times.failed.slice(-1000),
    })
  return { times, qemu: { programs, acceleration } }
}
