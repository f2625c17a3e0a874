import type { ReadStream, WriteStream } from 'node:tty'

const enter = '\x1b[?1049h\x1b[?25l'
const leave = '\x1b[?25h\x1b[?1049l'
const home = '\x1b[H'
const clearLine = '\x1b[K'
const clearBelow = '\x1b[J'
/** q, Q, and what Ctrl-C and Ctrl-D send where the terminal does not take them for signals. */
const endKeys = ['q', 'Q', '\x03', '\x04']

/** The whole terminal, for text that is drawn again and again; as it was before once closed. */
export class Screen {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #ended = new AbortController()
  #text = ''

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input
    this.#output = output
    output.write(enter)
    output.on('resize', this.#draw)
    if (input.isTTY) input.setRawMode(true)
    input.on('data', this.#key)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, this.#end)
  }

  /** Aborts when whoever looks wants to see no more. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  show(text: string): void {
    this.#text = text
    this.#draw()
  }

  close(): void {
    this.#output.off('resize', this.#draw)
    this.#input.off('data', this.#key)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#end)
    if (this.#input.isTTY) this.#input.setRawMode(false)
    this.#input.pause()
    this.#output.write(leave)
  }

  readonly #end = (): void => this.#ended.abort()

  readonly #key = (keys: Buffer): void => {
    if (endKeys.some((key) => keys.includes(key))) this.#end()
  }

  readonly #draw = (): void => {
    const { rows, columns } = this.#output
    this.#output.write(`${home}${fitted(this.#text, rows, columns)}${clearBelow}`)
  }
}

/** The part of a text that a terminal of this size has room for. */
export function fitted(text: string, rows: number, columns: number): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(0, rows)
    .map((line) => `${line.slice(0, columns)}${clearLine}`)
    .join('\r\n')
}
