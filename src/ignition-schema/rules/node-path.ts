/** What is wrong with the path of a file, directory or link, or undefined. */
export function pathMistake(path: string): string | undefined {
  if (path === '') return 'the path is empty'
  if (!path.startsWith('/')) return 'the path is relative'
  if (path.includes('\0')) return 'the path has a NUL character'
  if (cleanPath(path) !== path) return 'the path is not fully simplified'
  return undefined
}

/** An absolute path without empty, `.` and `..` steps and without a slash at the end. */
export function cleanPath(path: string): string {
  const steps: string[] = []
  for (const step of path.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  return `/${steps.join('/')}`
}
