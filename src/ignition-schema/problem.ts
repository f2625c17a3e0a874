import type { Severity } from './catalogue/definition.ts'

/** A mistake in a config: where it is, what is wrong, and what was expected there. */
export type Problem = Finding & {
  /** What the config was read from, as the caller named it. */
  readonly source: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units. */
  readonly column: number
}

/** A mistake in a config that has no text, such as one that was merged from others. */
export type Finding = {
  /** Names the kind of problem and does not change; the catalogue lists them. */
  readonly code: string
  /** An error makes the config unusable; a warning says that a part of it has no or another effect. */
  readonly severity: Severity
  /** Where in the document: `$.storage.files.0.path`; `$` for the document itself. */
  readonly path: string
  /** Never has file contents, header values or data URLs in it: they may be secrets. */
  readonly message: string
  /** What would be right, in words that follow "expected". */
  readonly expected?: string
}

export type Path = readonly (string | number)[]

/** `source:line:column: path: message, expected …`, on one line. */
export function problemText(problem: Problem): string {
  const { source, line, column } = problem
  return `${source}:${line}:${column}: ${findingText(problem)}`
}

/** `path: message, expected …`, on one line. */
export function findingText({ path, message, expected }: Finding): string {
  return `${path}: ${expected === undefined ? message : `${message}, expected ${expected}`}`
}

/** `['storage', 'files', 0]` as `$.storage.files.0`. */
export function pathText(path: Path): string {
  return ['$', ...path].join('.')
}

/** True when a config with these problems must not be carried out. */
export function hasErrors(problems: readonly { readonly severity: Severity }[]): boolean {
  return problems.some(({ severity }) => severity === 'error')
}
