import type { KernelGap } from './rules.ts'

/** What the known gaps need from the image, and what to look for on the booted host. */
export type GapClosures = {
  readonly commandLine: readonly (Needed & { readonly argument: string })[]
  readonly sysctls: readonly (Needed & { readonly name: string; readonly value: string })[]
  readonly files: readonly (Needed & { readonly path: string; readonly content: string })[]
}

type Needed = {
  /** The options whose gaps need it. */
  readonly options: readonly string[]
}

/** Gathers what closes the gaps, each thing once, in the order of the gaps. */
export function gapClosures(gaps: readonly KernelGap[]): GapClosures {
  const closed = gaps.flatMap(({ option, answer }) =>
    answer.kind === 'closed' ? [{ option, by: answer.by }] : [],
  )
  return {
    commandLine: gather(
      closed.flatMap(({ option, by }) => by.commandLine.map((argument) => [option, argument, ''])),
    ).map(({ key, options }) => ({ argument: key, options })),
    sysctls: gather(
      closed.flatMap(({ option, by }) => Object.entries(by.sysctls).map((e) => [option, ...e])),
    ).map(({ key, value, options }) => ({ name: key, value, options })),
    files: gather(
      closed.flatMap(({ option, by }) => Object.entries(by.files).map((e) => [option, ...e])),
    ).map(({ key, value, options }) => ({ path: key, content: value, options })),
  }
}

/** The arguments that gaps need and a command line lacks. */
export function lackingArguments(
  commandLine: readonly string[],
  closures: GapClosures,
): GapClosures['commandLine'] {
  return closures.commandLine.filter(({ argument }) => !commandLine.includes(argument))
}

/** A file of sysctl.d(5) that sets what the gaps need. */
export function sysctlFile(closures: GapClosures): string {
  const lines = closures.sysctls.map(
    ({ name, value, options }) => `# closes ${options.join(', ')}\n${name} = ${value}\n`,
  )
  return `# Generated from kernel-configs/known-gaps.yaml.\n${lines.join('')}`
}

type Gathered = { readonly key: string; readonly value: string; readonly options: string[] }

function gather(entries: readonly (readonly string[])[]): Gathered[] {
  const gathered = new Map<string, Gathered>()
  for (const [option = '', key = '', value = ''] of entries) {
    const known = gathered.get(key)
    if (known === undefined) gathered.set(key, { key, value, options: [option] })
    else known.options.push(option)
  }
  return [...gathered.values()]
}
