import { kernelErrors } from '../errors/kernel.ts'
import type { KernelFragment, KernelGap, KernelRequirement } from './rules.ts'

/** A requirement that a kernel does not meet. */
export type Miss = {
  readonly option: string
  /** The value found: 'y', 'm', a text; 'not set' when the option is off or unknown to this kernel. */
  readonly found: string
  readonly requirement: KernelRequirement
  /** The name of the fragment that requires it. */
  readonly fragment: string
  /** The known gap that answers for it; absent: nobody knew. */
  readonly gap?: KernelGap
}

const notSet = 'not set'

/**
 * Holds a kernel's config (the text of /boot/config-*, of Kconfig's format) against the fragments.
 * A miss that a gap answers for carries the gap.
 */
export function checkKernelConfig(
  configText: string,
  fragments: readonly KernelFragment[],
  gaps: readonly KernelGap[],
): Miss[] {
  const config = parseKernelConfig(configText)
  const gapOf = new Map(gaps.map((gap) => [gap.option, gap]))
  return fragments.flatMap((fragment) =>
    fragment.requirements.flatMap((requirement): Miss[] => {
      const found = config.get(requirement.option) ?? notSet
      if (meets(found, requirement)) return []
      const gap = gapOf.get(requirement.option)
      const miss = { option: requirement.option, found, requirement, fragment: fragment.name }
      return [gap === undefined ? miss : { ...miss, gap }]
    }),
  )
}

/** The misses that no gap answers for. */
export function unknownMisses(misses: readonly Miss[]): Miss[] {
  return misses.filter((miss) => miss.gap === undefined)
}

/** Gaps that are none: the kernel meets the requirement by now, and the list may forget it. */
export function closedGaps(misses: readonly Miss[], gaps: readonly KernelGap[]): KernelGap[] {
  const missed = new Set(misses.map((miss) => miss.option))
  return gaps.filter((gap) => !missed.has(gap.option))
}

/** @throws SLIPWAY_KERNEL_CONFIG_MISSES, with every miss that no gap answers for, if there is one. */
export function refuseUnknownMisses(misses: readonly Miss[], kernelVersion: string): void {
  const unknown = unknownMisses(misses)
  if (unknown.length === 0) return
  throw kernelErrors.error('SLIPWAY_KERNEL_CONFIG_MISSES', {
    kernelVersion,
    count: unknown.length === 1 ? '1 requirement' : `${unknown.length} requirements`,
    misses: unknown.map(missText).join('\n'),
  })
}

/** One line: what was found, what is required, by which fragment and why. */
export function missText(miss: Miss): string {
  const { values, reason } = miss.requirement
  const required = values.length === 0 ? 'must not be set' : `must be ${values.join(' or ')}`
  return `CONFIG_${miss.option} is ${miss.found}, ${required} (${miss.fragment}: ${reason})`
}

/** Options by name without CONFIG_; quotes of texts removed; what is not set is left out. */
export function parseKernelConfig(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, option, value] = /^CONFIG_(\w+)=(.*?)\s*$/.exec(line) ?? []
      if (option === undefined || value === undefined || value === 'n') return []
      return [[option, value.replace(/^"(.*)"$/, '$1')]]
    }),
  )
}

function meets(found: string, requirement: KernelRequirement): boolean {
  return requirement.values.length === 0 ? found === notSet : requirement.values.includes(found)
}
