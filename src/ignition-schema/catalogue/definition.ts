/**
 * One kind of problem that a config can have: its severity, what is wrong, what was expected. The
 * code that it goes by is its key in the catalogue and does not change once published. Texts have
 * `{placeholders}` for details, which are never file contents, header values, data URLs or keys.
 */
export type ProblemDefinition = {
  /** An error makes the config unusable; a warning says that a part of it has no or another effect. */
  readonly severity: Severity
  readonly message: string
  /** What would be right, in words that follow "expected". */
  readonly expected?: string
  /** The errors of the reference implementation that it stands for; none for rules of our own. */
  readonly reference?: readonly string[]
}

export type Severity = 'error' | 'warning'

export type Details = Readonly<Record<string, string | number>>

/** The text with its placeholders filled. */
export function fill(text: string, details: Details): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(details, name) ? String(details[name]) : placeholder,
  )
}

type More = Pick<ProblemDefinition, 'expected'>

/** An error of the reference implementation, with its name or names there. */
export function error(reference: string | readonly string[], message: string, expected?: string) {
  return defined('error', message, expected, [reference].flat())
}

/** A warning of the reference implementation. */
export function warning(reference: string | readonly string[], message: string, expected?: string) {
  return defined('warning', message, expected, [reference].flat())
}

/** An error that the reference implementation does not know. */
export function ownError(message: string, expected?: string) {
  return defined('error', message, expected)
}

/** A warning that the reference implementation does not know: what will surprise. */
export function ownWarning(message: string, expected?: string) {
  return defined('warning', message, expected)
}

function defined(
  severity: Severity,
  message: string,
  expected?: string,
  reference?: readonly string[],
): ProblemDefinition {
  const more: More = expected === undefined ? {} : { expected }
  return { severity, message, ...more, ...(reference === undefined ? {} : { reference }) }
}
