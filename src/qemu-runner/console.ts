import type { TroubleSign } from './options.ts'
import { SerialLines } from './serial-lines.ts'

/** A line of the serial console. */
export type ConsoleLine = {
  /** Counts from 0 over the machine's life. */
  readonly index: number
  readonly text: string
  /** When its end arrived, since QEMU's start. */
  readonly atMs: number
}

export type Trouble = { readonly sign: string; readonly line: ConsoleLine }

/** Lines kept in memory; the log file has them all. */
const linesKept = 50_000

/** How long an open line must rest to be taken for a prompt. */
const promptRestMs = 200

/** What a machine's serial console has shown, and who wants to know. */
export class SerialConsole {
  readonly #splitter = new SerialLines()
  readonly #listeners = new Set<(line: ConsoleLine) => void>()
  readonly #signs: readonly TroubleSign[]
  readonly #clock: () => number
  #lines: ConsoleLine[] = []
  #count = 0
  #promptTimer: NodeJS.Timeout | undefined
  #prompt: ConsoleLine | undefined
  #trouble: Trouble | undefined
  /** Called once, when the first sign of trouble appears. */
  onTrouble: (trouble: Trouble) => void = () => {}

  /** `clock` gives the milliseconds since QEMU's start. */
  constructor(signs: readonly TroubleSign[], clock: () => number) {
    this.#signs = signs.map(({ name, pattern }) => ({ name, pattern: stateless(pattern) }))
    this.#clock = clock
  }

  /** The lines so far (the last 50 000 of them). */
  get lines(): readonly ConsoleLine[] {
    return this.#lines
  }

  /** The first sign of trouble that appeared. */
  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  /** The last lines and the open one, as text. */
  tail(count = 40): string {
    const open = this.#splitter.open
    const texts = this.#lines.slice(-count).map(({ text }) => text)
    return [...texts, ...(open === '' ? [] : [open])].slice(-count).join('\n')
  }

  /** Calls `listener` for every line from now on; the result ends it. */
  onLine(listener: (line: ConsoleLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Calls `found` once with the first line that matches, of those already there after line number
   * `after` and of those to come; a prompt (an open line at rest) counts too. The result ends it.
   */
  find(pattern: RegExp, after: number, found: (line: ConsoleLine) => void): () => void {
    const plainPattern = stateless(pattern)
    const matches = (line: ConsoleLine) => line.index > after && plainPattern.test(line.text)
    const present = [...this.#lines, ...(this.#prompt ? [this.#prompt] : [])].find(matches)
    if (present) {
      found(present)
      return () => {}
    }
    const listener = (line: ConsoleLine) => {
      if (!matches(line)) return
      this.#finders.delete(listener)
      found(line)
    }
    this.#finders.add(listener)
    return () => this.#finders.delete(listener)
  }

  readonly #finders = new Set<(line: ConsoleLine) => void>()

  /** Takes the console's next bytes. */
  push(bytes: Buffer): void {
    clearTimeout(this.#promptTimer)
    this.#prompt = undefined
    for (const text of this.#splitter.push(bytes)) this.#add(text)
    if (this.#splitter.open !== '')
      this.#promptTimer = setTimeout(() => this.#showPrompt(), promptRestMs).unref()
  }

  /** No more bytes will come. */
  end(): void {
    clearTimeout(this.#promptTimer)
    for (const text of this.#splitter.end()) this.#add(text)
  }

  #add(text: string): void {
    const line = { index: this.#count++, text, atMs: this.#clock() }
    this.#lines.push(line)
    if (this.#lines.length > linesKept * 1.1) this.#lines = this.#lines.slice(-linesKept)
    for (const listener of [...this.#listeners]) listener(line)
    // Trouble first: a wait for this very line must not succeed.
    this.#watch(line)
    for (const finder of [...this.#finders]) finder(line)
  }

  #watch(line: ConsoleLine): void {
    if (this.#trouble) return
    const sign = this.#signs.find(({ pattern }) => pattern.test(line.text))
    if (!sign) return
    this.#trouble = { sign: sign.name, line }
    this.onTrouble(this.#trouble)
  }

  #showPrompt(): void {
    const prompt = { index: this.#count, text: this.#splitter.open, atMs: this.#clock() }
    this.#prompt = prompt
    for (const finder of [...this.#finders]) finder(prompt)
  }
}

/** Patterns with the flags g or y remember where they stopped; these must not. */
function stateless(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
}
