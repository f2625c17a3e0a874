import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

/** Longest line kept whole; a guest that never ends its line must not fill our memory. */
const longestLine = 16_384

/**
 * Cuts a serial console's bytes into plain lines: escape sequences and other control characters
 * stripped, what a carriage return would overwrite on a terminal kept as a line of its own.
 */
export class SerialLines {
  readonly #decoder = new StringDecoder('utf8')
  #open = ''

  /** Takes the next bytes; gives the lines that they complete. */
  push(bytes: Buffer): string[] {
    const pieces = (this.#open + this.#decoder.write(bytes)).split('\n')
    this.#open = pieces.pop() ?? ''
    const lines = pieces.flatMap(plainLines)
    if (this.#open.length > longestLine) lines.push(...this.end())
    return lines
  }

  /** The line that has no end yet (a prompt, for example); empty when there is none. */
  get open(): string {
    return plainLines(this.#open).at(-1) ?? ''
  }

  /** Gives the open line, for when no more bytes will come. */
  end(): string[] {
    const lines = this.#open === '' ? [] : plainLines(this.#open)
    this.#open = ''
    return lines
  }
}

function plainLines(text: string): string[] {
  const segments = text.split('\r').map(plain)
  const written = segments.filter((segment) => segment !== '')
  return written.length > 0 ? written : ['']
}

function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '')
}
