/** The parts of a boot in milliseconds, by name: firmware, loader, kernel, initrd, userspace. */
export type BootSplit = Readonly<Partial<Record<BootPart, number>>>

export const bootParts = ['firmware', 'loader', 'kernel', 'initrd', 'userspace'] as const

export type BootPart = (typeof bootParts)[number]

/**
 * Reads how a boot's time was split, from the line that our host prints (`firmware 1.2 s + …`) or from that
 * of systemd-analyze(1) (`1.200s (firmware) + 1min 2.3s (userspace)`).
 */
export function parseBootSplit(line: string): BootSplit {
  const split: Partial<Record<BootPart, number>> = {}
  for (const part of bootParts) {
    const before = new RegExp(`((?:\\d+(?:\\.\\d+)?(?:min|ms|s) ?)+) \\(${part}\\)`).exec(line)?.[1]
    const after = new RegExp(`\\b${part} (\\d+(?:\\.\\d+)? s)`).exec(line)?.[1]
    const text = before ?? after
    if (text !== undefined) split[part] = durationMs(text)
  }
  return split
}

/**
 * When the kernel started, in milliseconds on the console's clock: its lines tell their age, and the one that
 * was printed with the least delay comes closest. Undefined without such lines.
 *
 * The firmware's own times cannot replace it: under emulation it has no clock to take them from.
 */
export function kernelStart(
  lines: readonly { readonly text: string; readonly atMs: number }[],
): number | undefined {
  const starts = lines.flatMap(({ text, atMs }) => {
    const age = /^\[ *(\d+\.\d{6})\] /.exec(text)?.[1]
    return age === undefined ? [] : [atMs - Number(age) * 1000]
  })
  return starts.length === 0 ? undefined : Math.min(...starts)
}

const millisecondsOf: Readonly<Record<string, number>> = { min: 60_000, s: 1000, ms: 1 }

function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?) ?(min|ms|s)/g)]
  return Math.round(
    parts.reduce(
      (sum, [, value, unit = '']) => sum + Number(value) * (millisecondsOf[unit] ?? 0),
      0,
    ),
  )
}
