/**
 * One way to fail: a stable code, what happened, and what to do next.
 *
 * Each domain defines its errors in a file of this folder; `catalogue.ts` gathers them all, and the
 * reference page `docs/reference/errors.md` is checked against it.
 */

/** What is fixed about an error: its text with `{placeholders}`, the next step, and the exit status. */
export type ErrorDefinition = {
  /** What happened; `{name}` is replaced by the detail of that name. */
  readonly message: string
  /** What the reader does next, same placeholders. */
  readonly next?: string
  /** The command line's exit status; 1 unless told. */
  readonly exitStatus?: number
}

export type Details = Readonly<Record<string, string | number | boolean>>

/** An error of the catalogue. `code` never changes once published; `cause` keeps what lies beneath. */
export class SlipwayError extends Error {
  readonly code: string
  readonly details: Details
  readonly next: string | undefined
  readonly exitStatus: number

  constructor(code: string, definition: ErrorDefinition, details: Details = {}, cause?: unknown) {
    super(fill(definition.message, details), cause === undefined ? undefined : { cause })
    this.name = 'SlipwayError'
    this.code = code
    this.details = details
    this.next = definition.next === undefined ? undefined : fill(definition.next, details)
    this.exitStatus = definition.exitStatus ?? 1
  }
}

/**
 * Makes the throwers of a domain: `defineErrors({ SLIPWAY_X: {...} })` gives `fail(code, details, cause)`
 * that returns the error to throw, typed to the domain's codes.
 */
export function defineErrors<Code extends string>(definitions: Record<Code, ErrorDefinition>) {
  return {
    definitions,
    error: (code: Code, details: Details = {}, cause?: unknown) =>
      new SlipwayError(code, definitions[code], details, cause),
  }
}

/** True when `error` is from the catalogue and, if given, has that code. */
export function isSlipwayError(error: unknown, code?: string): error is SlipwayError {
  return error instanceof SlipwayError && (code === undefined || error.code === code)
}

function fill(text: string, details: Details): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    name in details ? String(details[name]) : placeholder,
  )
}
