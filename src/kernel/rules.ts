import type { KernelFlavour } from '../image/definition.ts'

/** What the folder kernel-configs/ says. */
export type KernelRules = {
  readonly fragments: readonly KernelFragment[]
  readonly gaps: readonly KernelGap[]
}

/** Requirements of one topic. */
export type KernelFragment = {
  /** The file's name without `.yaml`. */
  readonly name: string
  readonly about: string
  /** The kernels that it speaks of. */
  readonly flavours: readonly KernelFlavour[]
  readonly requirements: readonly KernelRequirement[]
}

export type KernelRequirement = {
  /** The option's name without CONFIG_. */
  readonly option: string
  /** The values of which it must have one; empty: it must not be set. */
  readonly values: readonly string[]
  readonly reason: string
}

/** A requirement that Debian's kernel is known to miss, and what is done about it. */
export type KernelGap = {
  readonly option: string
  /** What the kernel as Debian builds it leaves open. */
  readonly leaves: string
  readonly answer: GapAnswer
}

export type GapAnswer =
  | { readonly kind: 'closed'; readonly by: GapClosure }
  | { readonly kind: 'accepted'; readonly because: string }

/** What closes a gap when the host runs, and what shows on the host that it does. */
export type GapClosure = {
  /** Arguments of the kernel's command line. */
  readonly commandLine: readonly string[]
  /** Sysctls by dotted name, with the value to set and to find. */
  readonly sysctls: Readonly<Record<string, string>>
  /** Files of the booted host by absolute path, with the text to find in them, outer blanks removed. */
  readonly files: Readonly<Record<string, string>>
}

/** The rules that speak of one flavour: its fragments, and the gaps in what these require. */
export function rulesFor(rules: KernelRules, flavour: KernelFlavour): KernelRules {
  const fragments = rules.fragments.filter((fragment) => fragment.flavours.includes(flavour))
  const options = new Set(
    fragments.flatMap((fragment) => fragment.requirements.map(({ option }) => option)),
  )
  return { fragments, gaps: rules.gaps.filter((gap) => options.has(gap.option)) }
}
