import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import type { ImageDefinition } from '../src/image/definition.ts'
import type { VirtualMachine } from '../src/qemu-runner/index.ts'
import type { HostConfig } from '../src/start/host-config.ts'
import { troubleSigns } from '../src/start/trouble-signs.ts'
import type { OrderAnswer } from '../src/update/agent/orders.ts'
import { initialState, type UpdateState } from '../src/update/state/state.ts'
import { stateFromJson } from '../src/update/state/state-json.ts'
import type { UpdateStatus } from '../src/update/status/status-of.ts'
import type { Fleet } from './fleet.ts'
import { helloAnswers, type Laboratory, onHost, testConfig, until } from './host.ts'

/** Where the tests of updates begin: a host's image, and a fleet that has its release 1.0 and newer ones. */
export type Setting = { readonly laboratory: Laboratory; readonly fleet: Fleet }

/** How long an update may take, a reboot included. */
export const UPDATE_MS = 600_000

/**
 * What is trouble on a console during updates: a time-out or a failed unit may be what a test is about, and a machine
 * that is taken back to a snapshot finds that time has passed.
 */
export const updateSigns = troubleSigns.filter(
  ({ name }) => !/hung task|failed unit|dependency failure|time-out/.test(name),
)

type UpdateSettings = { readonly server: string; readonly [key: string]: unknown }

/** The content of /etc/slipway/update.yaml, where nothing else is told. */
export function updateSettings(changes: UpdateSettings): string {
  return stringify({
    ...{ strategy: 'manual', interval: '1d', health: { timeout: '90s' } },
    ...changes,
  })
}

/** A test's config for a host that updates itself by these settings. */
export function updatingConfig(
  laboratory: Laboratory,
  settings: UpdateSettings,
  more: HostConfig = {},
): string {
  return testConfig(laboratory, {
    ...more,
    files: {
      '/etc/slipway/update.yaml': { content: updateSettings(settings) },
      // A host gives its containers a minute first.
      '/etc/systemd/system/slipway-update.timer.d/test.conf': {
        content: '[Timer]\nOnActiveSec=\nOnActiveSec=5s\n',
      },
    },
  })
}

/** What the disks of a host tell of its updates. */
type Glance = {
  readonly running: string
  /** The UKIs in the ESP. */
  readonly entries: readonly string[]
  readonly state: UpdateState
}

/** A running host, as somebody sees it who cares for its updates. */
export class UpdatingHost {
  readonly machine: VirtualMachine
  #orders = 0

  constructor(machine: VirtualMachine) {
    this.machine = machine
  }

  run(script: string): Promise<string> {
    return onHost(this.machine, script)
  }

  /** `slipctl update …`, done or refused. */
  async order(text: string): Promise<OrderAnswer> {
    return parsed(await this.#outputOf(`slipctl update ${text} --json`))
  }

  /** What the API answers to whoever asks over a connection. */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const request = `${method} ${path} HTTP/1.0\\r\\nContent-Type: application/json\\r\\nContent-Length: ${text.length}\\r\\n\\r\\n${text}`
    const answer = await this.#outputOf(
      `printf '${request}' | socat STDIO,ignoreeof UNIX-CONNECT:/run/slipway/supervisor.sock`,
    )
    return JSON.parse(answer.replaceAll('\r', '').split('\n\n')[1] ?? '')
  }

  /** What a command prints that may take longer than a script may. */
  async #outputOf(command: string): Promise<string> {
    const file = `/tmp/order-${++this.#orders}`
    await this.run(
      `{ ${command} >${file}.part 2>&1; mv ${file}.part ${file}; } <&- >/dev/null 2>&1 &`,
    )
    return await until(this.machine, UPDATE_MS, async () => {
      await delay(1000)
      return this.run(`cat ${file}`)
    })
  }

  /** The same for what ends in a reboot. */
  async orderReboot(text: string): Promise<void> {
    await this.soon(`slipctl update ${text}`)
  }

  /** What ends in a reboot: a moment later, or the probe ends before it has answered. */
  async soon(command: string): Promise<void> {
    await this.run(`systemd-run --quiet --on-active=1s ${command}`)
  }

  async status(): Promise<UpdateStatus> {
    return JSON.parse(await this.run('slipctl update status --json')) as UpdateStatus
  }

  /** The UKIs in the ESP. */
  async entries(): Promise<string[]> {
    return (await this.run('ls /boot/EFI/Linux')).split('\n').sort()
  }

  /** What the agent told since the boot. */
  journal(): Promise<string> {
    return this.run('journalctl --boot --no-pager -o cat -u slipway-update')
  }

  /**
   * Waits until what lies on the disks is as told. `slipctl` says it too, but takes seconds of an
   * emulated processor that is busy with what is waited for.
   */
  async shows(check: (seen: Glance) => void, timeoutMs = UPDATE_MS): Promise<void> {
    const look = async () => {
      const seen = await this.run(
        '. /usr/lib/os-release; echo $IMAGE_VERSION; echo $(ls /boot/EFI/Linux); cat /var/lib/slipway/update/state.json 2>/dev/null || true',
      )
      const [running = '', entries = '', ...lines] = seen.split('\n')
      const kept = lines.join('\n')
      const state = kept === '' ? initialState : stateFromJson(JSON.parse(kept))
      check({ running, entries: entries.split(' '), state })
    }
    await until(this.machine, timeoutMs, look, { everyMs: 2000 })
  }

  /** Waits until the host runs a version, has found it good, and its container answers. */
  async settled(version: string, timeoutMs = UPDATE_MS): Promise<void> {
    await this.shows(({ running, entries }) => {
      assert.equal(running, version)
      assert.ok(entries.includes(`slipway_${version}.efi`), entries.join(' '))
    }, timeoutMs)
    assert.equal((await this.status()).running, version)
    await helloAnswers(this.machine)
  }

  /** Waits until the newest past update is this one. */
  async remembers(version: string, result: string): Promise<void> {
    const isLast = ({ history }: Pick<UpdateState, 'history'>) => {
      const last = history.at(-1)
      assert.deepEqual([last?.version, last?.result], [version, result])
    }
    await this.shows(({ state }) => isLast(state))
    isLast(await this.status())
  }
}

/** What is no JSON is slipctl's own complaint: the agent could not even answer. */
function parsed(answer: string): OrderAnswer {
  return answer.startsWith('slipctl: ')
    ? { ok: false, message: answer }
    : (JSON.parse(answer) as OrderAnswer)
}

export type Change = (definition: ImageDefinition) => ImageDefinition

/** A release that brings one container image, for `releasedProject`. */
export function bringing(reference: string): Change {
  return (definition) => ({ ...definition, containerImages: { page: reference } })
}

/** A Compose project with a container whose image belongs to the release. */
export const releasedProject = {
  services: {
    page: {
      image: 'slipway.release/page',
      restart: 'always',
      command: [
        'sh',
        '-c',
        "trap 'exit 0' TERM; cat /page; while true; do sleep 60 & wait $$!; done",
      ],
    },
  },
}

export function withArguments(
  definition: ImageDefinition,
  ...more: readonly string[]
): ImageDefinition {
  const { kernel } = definition
  return { ...definition, kernel: { ...kernel, commandLine: [...kernel.commandLine, ...more] } }
}

/** Other content of /usr, and another command line. */
export function withOneMoreProgram(definition: ImageDefinition): ImageDefinition {
  const { strip } = definition
  const executables = { ...strip.executables, sleep: 'tells this release from the one before' }
  return withArguments({ ...definition, strip: { ...strip, executables } }, 'slipway.release=next')
}
