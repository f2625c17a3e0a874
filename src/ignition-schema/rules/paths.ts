import type { ProblemCode } from '../catalogue/index.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'

/** An absolute path without empty, `.` and `..` steps and without a slash at the end. */
export function cleanPath(path: string): string {
  const steps: string[] = []
  for (const step of path.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `/${steps.join('/')}`
}

/** A path on the host or of a device, which must be absolute and clean. */
export function checkPath(path: string | undefined, at: Path, report: Report): void {
  const mistake = path === undefined ? undefined : pathMistake(path)
  if (mistake !== undefined) report(mistake, at)
}

/** The directories that a clean path goes through, without the root. */
export function ancestorsOf(path: string): string[] {
  const steps = path.split('/')
  return steps.map((_, index) => steps.slice(0, index).join('/')).filter((each) => each !== '')
}

function pathMistake(path: string): ProblemCode | undefined {
  if (path === '') return 'IGNITION_PATH_EMPTY'
  if (!path.startsWith('/')) return 'IGNITION_PATH_RELATIVE'
  if (path.includes('\0')) return 'IGNITION_PATH_NUL'
  return cleanPath(path) === path ? undefined : 'IGNITION_PATH_NOT_CLEAN'
}
