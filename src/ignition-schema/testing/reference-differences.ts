import type { Difference, Statement } from './difference.ts'
import { saidByReference } from './said-by-reference.ts'
import { saidByUs } from './said-by-us.ts'

/** Everything in which we differ from Debian’s ignition-validate, each with why. */
export const differences: readonly Difference[] = [...saidByUs, ...saidByReference]

/** The difference that a statement is an example of. */
export function differenceOf(statement: Statement): Difference | undefined {
  return differences.find(
    ({ by, severity, kind, path }) =>
      by === statement.by &&
      severity === statement.severity &&
      kind.test(statement.kind) &&
      path.test(statement.path),
  )
}
