/**
 * One of the account files (passwd(5), group(5), shadow(5), gshadow(5)): a record a line, fields between
 * colons, the name first. Lines that are no record stay as they are.
 */
export class Table {
  #rows: string[][]

  constructor(text: string) {
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    this.#rows = lines.map((line) => line.split(':'))
  }

  get rows(): readonly (readonly string[])[] {
    return this.#rows
  }

  /** The fields of the first record with this name. */
  find(name: string): readonly string[] | undefined {
    return this.#rows.find((row) => row.length > 1 && row[0] === name)
  }

  /** Puts a record in the place of the one with its name, or at the end. */
  put(fields: readonly string[]): void {
    const index = this.#rows.findIndex((row) => row.length > 1 && row[0] === fields[0])
    if (index === -1) this.#rows.push([...fields])
    else this.#rows[index] = [...fields]
  }

  /** Changes some fields, by their places, of the record with this name if there is one. */
  change(name: string, fields: Readonly<Record<number, string | undefined>>): void {
    const row = this.#rows.find((each) => each.length > 1 && each[0] === name)
    for (const [place, text] of Object.entries(fields))
      if (row !== undefined && text !== undefined) row[Number(place)] = text
  }

  remove(name: string): void {
    this.#rows = this.#rows.filter((row) => row.length < 2 || row[0] !== name)
  }

  toString(): string {
    return this.#rows.map((row) => `${row.join(':')}\n`).join('')
  }
}

/** The names in a field that lists them between commas. */
export function namesIn(field: string | undefined): string[] {
  return (field ?? '').split(',').filter((name) => name !== '')
}

/** A field that is a number, or undefined for what is none. */
export function numberIn(field: string | undefined): number | undefined {
  return field !== undefined && /^\d+$/.test(field) ? Number(field) : undefined
}
