/** A mistake in a file: where it is and what was expected there. */
export type Problem = {
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based. */
  readonly column: number
  /** Where in the document: `kernel.modules["drivers/net"]`; empty for the document itself. */
  readonly path: string
  readonly message: string
}

export type Position = { readonly line: number; readonly column: number }
export type FieldPath = readonly (string | number)[]

/** One line, in the form that editors turn into a link: `file:line:column: path: message`. */
export function problemText(problem: Problem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`
  return problem.path === ''
    ? `${place}: ${problem.message}`
    : `${place}: ${problem.path}: ${problem.message}`
}

/** All problems, one per line, in the order of files given and then of lines. */
export function problemsText(problems: readonly Problem[]): string {
  return inFileOrder(problems).map(problemText).join('\n')
}

/** Sorts by position within each file; files keep the order in which they first appear. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))]
  return problems.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  )
}

/** `['kernel', 'modules', 'drivers/net', 0]` as `kernel.modules["drivers/net"][0]`. */
export function pathText(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${JSON.stringify(step)}]`
      return index === 0 ? step : `.${step}`
    })
    .join('')
}
