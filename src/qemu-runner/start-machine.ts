import { rm } from 'node:fs/promises'
import { isSlipwayError } from '../errors/error.ts'
import { qemuErrors } from '../errors/qemu.ts'
import { forwardText, type MachinePlan, type PlannedForward, qemuArguments } from './arguments.ts'
import { SerialConsole } from './console.ts'
import { defaultDirectory, openPrivateDirectory } from './directory.ts'
import { type Exit, exitText } from './exit.ts'
import { resolveForwards } from './forwards.ts'
import { launchQemu, type QemuProcess } from './launch.ts'
import { VirtualMachine } from './machine.ts'
import { type Acceleration, optionProblems, type VirtualMachineOptions } from './options.ts'
import { prepareMachine } from './prepare.ts'
import type { Programs } from './programs.ts'
import { QmpClient } from './qmp.ts'
import { startTpm } from './tpm.ts'

/** Most of QEMU's own output that is kept, in characters. */
const diagnosticsKept = 8192

/** Starts a machine whose acceleration is settled; see `startVirtualMachine` for the errors. */
export async function startMachine(
  options: VirtualMachineOptions,
  programs: Programs,
  acceleration: Acceleration,
): Promise<VirtualMachine> {
  options.signal?.throwIfAborted()
  const problems = optionProblems(options)
  if (problems.length > 0)
    throw qemuErrors.error('SLIPWAY_QEMU_OPTION_INVALID', {
      name: options.name ?? 'vm',
      problems: problems.join('\n'),
    })
  const directory = await openPrivateDirectory(options.directory ?? defaultDirectory())
  try {
    const plan = await prepareMachine(options, programs, acceleration, directory)
    options.signal?.throwIfAborted()
    return await launch(plan, options, programs, directory)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function launch(
  plan: MachinePlan,
  options: VirtualMachineOptions,
  programs: Programs,
  directory: string,
): Promise<VirtualMachine> {
  const tpm = plan.tpm && (await startTpm(programs, plan.tpm))
  const startedAt = performance.now()
  const clock = () => performance.now() - startedAt
  const qemu = await launchQemu(...programs.command('qemu-system-x86_64', qemuArguments(plan)))
  const qmp = new QmpClient(qemu.monitor)
  const console = new SerialConsole(options.troubleSigns ?? [], clock)
  const exited = watchExit(qemu, qmp, console, clock, directory)
  try {
    await qmp.negotiate()
    const forwards = await pickedForwards(plan, qmp)
    const machine = new VirtualMachine({ plan, qemu, qmp, console, forwards, exited })
    limit(machine, options)
    return machine
  } catch (error) {
    // One that QEMU has not reached would wait for it.
    tpm?.end()
    if (!isSlipwayError(error, 'SLIPWAY_QEMU_DISCONNECTED')) {
      qemu.child.kill('SIGKILL')
      await exited
      throw error
    }
    throw startError(plan, await exited)
  }
}

/** Follows QEMU to its end: console, reason, diagnostics; removes the private folder then. */
function watchExit(
  qemu: QemuProcess,
  qmp: QmpClient,
  console: SerialConsole,
  clock: () => number,
  directory: string,
): Promise<Exit> {
  let reason: string | undefined
  let diagnostics = ''
  qmp.onEvent(({ name, data }) => {
    if (name === 'SHUTDOWN') reason = String(data.reason)
  })
  qemu.consoleOutput.on('data', (bytes: Buffer) => console.push(bytes))
  qemu.diagnostics.setEncoding('utf8').on('data', (text: string) => {
    diagnostics = (diagnostics + text).slice(-diagnosticsKept)
  })
  // `close` rather than `exit`: whoever holds the console's other end is then gone too.
  const { promise, resolve } = Promise.withResolvers<Exit>()
  qemu.child.once('close', (status, signal) => {
    console.end()
    const exit = { status, signal, reason, diagnostics, atMs: clock() }
    const done = () => resolve(exit)
    // Should the folder resist, a later run removes it: that must not hide how the machine ended.
    rm(directory, { recursive: true, force: true, maxRetries: 3 }).then(done, done)
  })
  return promise
}

async function pickedForwards(plan: MachinePlan, qmp: QmpClient): Promise<PlannedForward[]> {
  if (plan.forwards.length === 0) return []
  const usernet = await qmp.humanCommand('info usernet')
  const forwards = resolveForwards(plan.forwards, usernet)
  if (forwards) return forwards
  const reason = `the forwards asked for are not in its answer: ${usernet}`
  throw qemuErrors.error('SLIPWAY_QEMU_COMMAND_FAILED', { command: 'info usernet', reason })
}

function limit(machine: VirtualMachine, { timeLimitMs, signal }: VirtualMachineOptions): void {
  const end = (error: Error) => {
    machine.fail(error)
    void machine.kill()
  }
  const onAbort = () => {
    end(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)))
  }
  const onTimeLimit = () => {
    const { name } = machine
    const log = machine.console.tail()
    end(qemuErrors.error('SLIPWAY_QEMU_TIME_LIMIT', { name, timeLimitMs: timeLimitMs ?? 0, log }))
  }
  const timer = timeLimitMs === undefined ? undefined : setTimeout(onTimeLimit, timeLimitMs)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  machine.exited.finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  })
}

function startError(plan: MachinePlan, exit: Exit): Error {
  const { name } = plan
  const taken = /Could not set up host forwarding rule '([^']*)'/.exec(exit.diagnostics)?.[1]
  const forward = plan.forwards.map(forwardText).find((text) => text === taken)
  if (forward !== undefined) return qemuErrors.error('SLIPWAY_QEMU_PORT_TAKEN', { name, forward })
  return qemuErrors.error('SLIPWAY_QEMU_START_FAILED', {
    name,
    how: exitText({ ...exit, diagnostics: '' }),
    output: exit.diagnostics.trim() || 'no output',
  })
}
