import { type Details, fill } from './catalogue/definition.ts'
import { catalogue, type ProblemCode } from './catalogue/index.ts'
import { type Finding, type Path, pathText } from './problem.ts'

/** Where checks and rules put what they find; `at` tells whether the value or its key is to blame. */
export type Report = (
  code: ProblemCode,
  path: Path,
  details?: Details,
  at?: 'value' | 'key',
) => void

/** A problem of the catalogue with its texts filled. */
export function finding(code: ProblemCode, path: Path, details: Details = {}): Finding {
  const { severity, message, expected } = catalogue[code]
  return {
    code,
    severity,
    path: pathText(path),
    message: fill(message, details),
    ...(expected === undefined ? {} : { expected: fill(expected, details) }),
  }
}
