/** What somebody was told, or asked for, about one container of a test that kills the supervisor. */
export type Entry = {
  readonly name: string
  /** Its start was asked for this many times: it may run as often, and not once more. */
  readonly startsAsked: number
  /** Its policy starts it again. */
  readonly restarts: boolean
  /** A client was told that it is there. */
  readonly isPromised: boolean
  /** Somebody asked for its removal, or it goes with its end. */
  readonly mayBeGone: boolean
  /** How it ends when nobody ends it; undefined for what runs until then. */
  readonly exitCode: number | undefined
}

/** Keeps what is to be true of containers, whatever was interrupted. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()

  get all(): readonly Entry[] {
    return [...this.#entries.values()]
  }

  /** Before its first start is asked for. */
  begin(name: string, how: Partial<Pick<Entry, 'restarts' | 'mayBeGone' | 'exitCode'>> = {}): void {
    const unknown = { restarts: false, isPromised: false, mayBeGone: false, exitCode: undefined }
    this.#entries.set(name, { name, startsAsked: 1, ...unknown, ...how })
  }

  /** Before one more start is asked for. */
  startAgain(name: string): void {
    const entry = this.#require(name)
    this.#entries.set(name, { ...entry, startsAsked: entry.startsAsked + 1 })
  }

  promise(name: string): void {
    this.#entries.set(name, { ...this.#require(name), isPromised: true })
  }

  /** Before its removal is asked for. */
  letGo(name: string): void {
    this.#entries.set(name, { ...this.#require(name), mayBeGone: true })
  }

  #require(name: string): Entry {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new Error(`nobody began ${name}`)
    return entry
  }
}

/** A container as `docker inspect` shows it, as far as it matters here. */
export type Shown = {
  readonly Id: string
  readonly Name: string
  readonly RestartCount: number
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly Pid: number
  }
}

/**
 * What is wrong with what is there after all kills: each problem in a sentence.
 *
 * @param starts how often each container noted that it began
 */
export function problemsOf(
  ledger: Pick<Ledger, 'all'>,
  shown: readonly Shown[],
  starts: ReadonlyMap<string, number>,
): readonly string[] {
  return ledger.all.flatMap((entry) => {
    const container = shown.find(({ Name }) => Name === `/${entry.name}`)
    return problemsOfOne(entry, container, starts.get(entry.name) ?? 0).map(
      (problem) => `${entry.name}: ${problem}`,
    )
  })
}

function problemsOfOne(entry: Entry, container: Shown | undefined, started: number): string[] {
  const { startsAsked, restarts, isPromised, mayBeGone, exitCode } = entry
  const most = startsAsked + (restarts ? (container?.RestartCount ?? Infinity) : 0)
  const tooMany = started > most ? [`started ${started} times, not ${most}`] : []
  if (container === undefined)
    return isPromised && !mayBeGone ? [...tooMany, 'nobody knows it'] : tooMany
  const { Status, ExitCode } = container.State
  const unstarted = isPromised && started === 0 ? ['it was never started'] : []
  const forgotten =
    Status === 'created' && started > 0 && startsAsked === 1 ? ['its start is forgotten'] : []
  const wrong =
    Status === 'exited' && exitCode !== undefined && ExitCode !== exitCode
      ? [`it ended with ${exitCode}, shown is ${ExitCode}`]
      : []
  const waits =
    exitCode !== undefined && !['exited', 'created'].includes(Status) ? [`it is ${Status}`] : []
  const halfway =
    restarts && Status === 'created' && started > 0 ? ['no policy looks after it'] : []
  return [...tooMany, ...unstarted, ...forgotten, ...wrong, ...waits, ...halfway]
}
