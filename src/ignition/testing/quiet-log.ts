import type { Log } from '../log.ts'

/** Keeps what was logged instead of showing it. */
export function quietLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const keep = (message: string) => {
    lines.push(message)
  }
  return { lines, info: keep, error: keep, problem: ({ message }) => keep(message) }
}
