/** The supervisor's own words, for the journal. */
export type Log = {
  info(message: string): void
  warning(message: string): void
  error(message: string): void
}

/** syslog's levels in the form that systemd reads from a service's output, see sd-daemon(3). */
const levels = { info: '<6>', warning: '<4>', error: '<3>' } as const

/** Writes to standard error, with levels only when it is the journal that reads. */
export function standardErrorLog(environment: NodeJS.ProcessEnv = process.env): Log {
  const levelled = environment.JOURNAL_STREAM !== undefined
  const write = (level: keyof typeof levels, message: string): void => {
    for (const line of message.split('\n'))
      process.stderr.write(`${levelled ? levels[level] : ''}${line}\n`)
  }
  return {
    info: (message) => write('info', message),
    warning: (message) => write('warning', message),
    error: (message) => write('error', message),
  }
}

/** What went wrong and what to do about it, in one text. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const next = 'next' in error && typeof error.next === 'string' ? ` ${error.next}` : ''
  const end = next === '' || /[.!?:\n]$/.test(error.message) ? '' : '.'
  return `${error.message}${end}${next}`
}
