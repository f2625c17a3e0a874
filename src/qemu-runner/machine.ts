import { setTimeout as delay } from 'node:timers/promises'
import { isSlipwayError } from '../errors/error.ts'
import { qemuErrors } from '../errors/qemu.ts'
import type { MachinePlan, PlannedForward } from './arguments.ts'
import { diskNode, variablesNode } from './arguments.ts'
import type { ConsoleLine, SerialConsole, Trouble } from './console.ts'
import { type Exit, exitText } from './exit.ts'
import type { QemuProcess } from './launch.ts'
import { isObject, type QmpClient, type QmpEvent } from './qmp.ts'
import { loadSnapshot, saveSnapshot } from './snapshots.ts'
import { Waits } from './waits.ts'

/** What `startVirtualMachine` hands to the machine it has started. */
export type MachineParts = {
  readonly plan: MachinePlan
  readonly qemu: QemuProcess
  readonly qmp: QmpClient
  readonly console: SerialConsole
  readonly forwards: readonly PlannedForward[]
  readonly exited: Promise<Exit>
}

export type WaitOptions = { readonly timeoutMs?: number }

const defaultTimeoutMs = 60_000

/** The power button is pressed again at this interval: one pressed before the guest listens is lost. */
const pressIntervalMs = 3000

/** How long QEMU may take to close its files after `quit`. */
const quitTimeoutMs = 5000

/** A running virtual machine. Waits reject at once when a sign of trouble shows on its console. */
export class VirtualMachine {
  readonly #parts: MachineParts
  readonly #waits = new Waits()
  #exit: Exit | undefined

  constructor(parts: MachineParts) {
    this.#parts = parts
    parts.console.onTrouble = (trouble) => this.#waits.fail(this.#troubleError(trouble))
    if (parts.console.trouble) this.#waits.fail(this.#troubleError(parts.console.trouble))
    parts.exited.then((exit) => {
      this.#exit = exit
    })
  }

  get name(): string {
    return this.#parts.plan.name
  }

  get acceleration(): MachinePlan['acceleration'] {
    return this.#parts.plan.acceleration
  }

  /** QEMU's process number (that of its sandbox, where it runs in one). */
  get pid(): number {
    return this.#parts.qemu.child.pid ?? 0
  }

  get console(): SerialConsole {
    return this.#parts.console
  }

  /** File with every byte of the console; gone with the machine unless `serialLog` named it. */
  get serialLog(): string {
    return this.#parts.plan.serialLog
  }

  /** The port forwards with the host ports that were picked. */
  get forwards(): readonly PlannedForward[] {
    return this.#parts.forwards
  }

  /** QEMU's monitor, for what this class does not offer. */
  get qmp(): QmpClient {
    return this.#parts.qmp
  }

  /** The first sign of trouble that the console showed. */
  get trouble(): Trouble | undefined {
    return this.#parts.console.trouble
  }

  /** Resolves when QEMU has ended, whatever the reason, and its private folder is removed. */
  get exited(): Promise<Exit> {
    return this.#parts.exited
  }

  /** The host port that leads to a guest's port; undefined when none was asked for. */
  hostPort(guestPort: number, protocol: 'tcp' | 'udp' = 'tcp'): number | undefined {
    return this.forwards.find(
      (forward) => forward.guestPort === guestPort && forward.protocol === protocol,
    )?.hostPort
  }

  /** Throws the error that has ended the waits (trouble, time limit, abort), if any. */
  throwIfFailed(): void {
    if (this.#waits.failure) throw this.#waits.failure
  }

  /** Ends all waits with an error; the machine itself runs on. */
  fail(error: Error): void {
    this.#waits.fail(error)
  }

  /**
   * Waits for a line of the console, one already there included; `after` is the index of the last
   * line that does not count (the one that began a reboot, for example). Throws SLIPWAY_QEMU_TROUBLE,
   * SLIPWAY_QEMU_WAIT_TIMEOUT (60 s unless told), SLIPWAY_QEMU_EXITED, SLIPWAY_QEMU_TIME_LIMIT, or the
   * signal's reason.
   */
  waitForLine(
    pattern: RegExp,
    { timeoutMs = defaultTimeoutMs, after = -1 }: WaitOptions & { readonly after?: number } = {},
  ): Promise<ConsoleLine> {
    const what = `line like ${pattern}`
    return this.#untilOrExit(what, timeoutMs, (arrive) => this.console.find(pattern, after, arrive))
  }

  /** Waits for an event of QEMU's (RESET, STOP, WATCHDOG, …) from now on; errors as `waitForLine`. */
  waitForEvent(
    name: string,
    { timeoutMs = defaultTimeoutMs }: WaitOptions = {},
  ): Promise<QmpEvent> {
    return this.#untilOrExit(`event ${name}`, timeoutMs, (arrive) =>
      this.qmp.onEvent((event) => event.name === name && arrive(event)),
    )
  }

  /** Waits until QEMU has ended by itself; errors as `waitForLine`, apart from SLIPWAY_QEMU_EXITED. */
  waitForExit({ timeoutMs = defaultTimeoutMs }: WaitOptions = {}): Promise<Exit> {
    return this.#waits.until<Exit>(
      (arrive) => {
        this.exited.then(arrive)
        return () => {}
      },
      timeoutMs,
      () => this.#timeoutError('exit', timeoutMs),
    )
  }

  /** QEMU's run state: `running`, `paused`, `shutdown`, `watchdog`, … */
  async status(): Promise<string> {
    const answer = await this.qmp.execute('query-status')
    return isObject(answer) ? String(answer.status) : 'unknown'
  }

  async pause(): Promise<void> {
    await this.qmp.execute('stop')
  }

  async resume(): Promise<void> {
    await this.qmp.execute('cont')
  }

  /** Presses the reset button. */
  async reset(): Promise<void> {
    await this.qmp.execute('system_reset')
  }

  /** Saves memory, devices and disks under a name, in the overlays. */
  saveSnapshot(tag: string): Promise<void> {
    return saveSnapshot(this.qmp, this.#snapshotNodes(), tag)
  }

  /** Takes the machine back to a snapshot of its own. */
  loadSnapshot(tag: string): Promise<void> {
    return loadSnapshot(this.qmp, this.#snapshotNodes(), tag)
  }

  /** Types on the serial console. */
  typeOnConsole(text: string): void {
    this.#parts.qemu.consoleInput.write(text)
  }

  /**
   * Presses the ACPI power button until the guest has powered off, and pulls the plug when that takes
   * longer than `timeoutMs` (60 s unless told). Never rejects for trouble on the console: see
   * `throwIfFailed`.
   */
  async powerOff({ timeoutMs = defaultTimeoutMs }: WaitOptions = {}): Promise<{
    readonly forced: boolean
    readonly exit: Exit
  }> {
    const deadline = performance.now() + timeoutMs
    if ((await this.#unlessGone(this.status())) === 'paused') await this.#unlessGone(this.resume())
    while (!this.#exit && performance.now() < deadline) {
      await this.#unlessGone(this.qmp.execute('system_powerdown'))
      await this.#exitWithin(Math.max(0, Math.min(pressIntervalMs, deadline - performance.now())))
    }
    if (this.#exit) return { forced: false, exit: this.#exit }
    return { forced: true, exit: await this.unplug() }
  }

  /** Ends QEMU without telling the guest, its overlays whole; by force where it does not react. */
  async unplug(): Promise<Exit> {
    const [exit] = await Promise.all([
      this.#exitWithin(quitTimeoutMs).then((exit) => exit ?? this.kill()),
      this.#unlessGone(this.qmp.execute('quit')),
    ])
    return exit
  }

  /** Kills QEMU on the spot. Kept overlays may lose what was written last. */
  async kill(): Promise<Exit> {
    this.#parts.qemu.child.kill('SIGKILL')
    return this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #untilOrExit<T>(
    what: string,
    timeoutMs: number,
    subscribe: (arrive: (value: T) => void) => () => void,
  ): Promise<T> {
    return this.#waits.until<T>(
      (arrive, reject) => {
        const unsubscribe = subscribe(arrive)
        this.exited.then((exit) => reject(this.#exitedError(what, exit)))
        return unsubscribe
      },
      timeoutMs,
      () => this.#timeoutError(what, timeoutMs),
    )
  }

  async #exitWithin(timeoutMs: number): Promise<Exit | undefined> {
    const timer = new AbortController()
    const late = delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)
    const exit = await Promise.race([this.exited, late])
    timer.abort()
    return exit ?? undefined
  }

  /** A machine that has just ended needs no order to end. */
  async #unlessGone<T>(order: Promise<T>): Promise<T | undefined> {
    try {
      return await order
    } catch (error) {
      if (isSlipwayError(error, 'SLIPWAY_QEMU_DISCONNECTED')) return undefined
      throw error
    }
  }

  #snapshotNodes(): string[] {
    const { plan } = this.#parts
    const disks = plan.disks.map((_, index) => diskNode(index))
    return plan.boot.from === 'firmware' ? [...disks, variablesNode] : disks
  }

  #troubleError({ sign, line }: Trouble): Error {
    return qemuErrors.error('SLIPWAY_QEMU_TROUBLE', {
      name: this.name,
      sign,
      line: line.text,
      log: this.console.tail(),
    })
  }

  #timeoutError(what: string, timeoutMs: number): Error {
    return qemuErrors.error('SLIPWAY_QEMU_WAIT_TIMEOUT', {
      name: this.name,
      what,
      timeoutMs,
      log: this.console.tail(),
    })
  }

  #exitedError(what: string, exit: Exit): Error {
    return qemuErrors.error('SLIPWAY_QEMU_EXITED', {
      name: this.name,
      how: exitText(exit),
      what,
      log: this.console.tail(),
    })
  }
}
