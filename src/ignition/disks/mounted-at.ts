import { readFileSync } from 'node:fs'

/** Where a mount is now, and from what; undefined when nothing is mounted there. */
export function mountedAt(path: string): string | undefined {
  const decoded = (text: string) =>
    text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    )
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const found = lines.findLast((line) => decoded(line.split(' ')[4] ?? '') === path)
  return found === undefined ? undefined : decoded(found.split(' - ')[1]?.split(' ')[1] ?? '')
}
