import { type Details, fill, type ProblemDefinition } from './catalogue/definition.ts'
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
  return filled(code, catalogue[code], path, details)
}

/** A problem of any catalogue with its texts filled. */
export function filled(
  code: string,
  { severity, message, expected }: ProblemDefinition,
  path: Path,
  details: Details,
): Finding {
  return {
    code,
    severity,
    path: pathText(path),
    message: fill(message, details),
    ...(expected === undefined ? {} : { expected: fill(expected, details) }),
  }
}
