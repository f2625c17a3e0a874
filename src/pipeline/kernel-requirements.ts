import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildErrors } from '../errors/build.ts'
import type { KernelSelection } from '../image/definition.ts'
import { checkKernelConfig, closedGaps, missText, refuseUnknownMisses } from '../kernel/check.ts'
import { gapClosures, lackingArguments, sysctlFile } from '../kernel/closures.ts'
import { loadKernelRules } from '../kernel/load.ts'
import { type KernelRules, rulesFor } from '../kernel/rules.ts'
import type { UnitSource } from '../tree/unit-sources.ts'
import type { KernelFacts } from './kernel.ts'
import type { Result } from './stage.ts'

/** What an image's kernel must have, and what the image brings where Debian's kernel lacks it. */
export type KernelRequirements = {
  readonly rules: KernelRules
  readonly sysctls: UnitSource
}

/** What a build says about its kernel. */
export type KernelReport = {
  /** As `uname -r` prints it. */
  readonly release: string
  /** Requirements that it misses, as known and answered for in kernel-configs/known-gaps.yaml. */
  readonly gaps: readonly KnownGap[]
  /** Options of gaps that this kernel does not have: the list may forget them. */
  readonly closed: readonly string[]
}

export type KnownGap = {
  readonly option: string
  readonly miss: string
  readonly leaves: string
  /** What closes it, or why it is accepted. */
  readonly answer: string
}

/**
 * Reads the rules for the image's kernel. Throws SLIPWAY_BUILD_COMMAND_LINE_LACKS when the image's command
 * line misses an argument that closes a gap, and what loadKernelRules throws.
 */
export async function kernelRequirements(
  kernel: Pick<KernelSelection, 'flavour' | 'commandLine'>,
  directory: string,
): Promise<KernelRequirements> {
  const rules = rulesFor(await loadKernelRules({ directory }), kernel.flavour)
  const closures = gapClosures(rules.gaps)
  const lacking = lackingArguments(kernel.commandLine, closures)
  if (lacking.length > 0)
    throw buildErrors.error('SLIPWAY_BUILD_COMMAND_LINE_LACKS', {
      lacking: lacking
        .map(({ argument, options }) => `${argument} (for ${options.join(', ')})`)
        .join(', '),
    })
  const sysctls = {
    // After Debian's 50-default.conf, before the image's own.
    destination: '/usr/lib/sysctl.d/55-slipway-kernel-gaps.conf',
    text: sysctlFile(closures),
  }
  return { rules, sysctls }
}

/** Holds the kernel's config against its rules. Throws SLIPWAY_KERNEL_CONFIG_MISSES with every miss. */
export async function checkKernel(
  kernel: Result<'config', KernelFacts>,
  { rules }: KernelRequirements,
): Promise<KernelReport> {
  const { release } = kernel.facts
  const config = await readFile(kernel.files.config, 'utf8')
  const misses = checkKernelConfig(config, rules.fragments, rules.gaps)
  refuseUnknownMisses(misses, release)
  const gaps = misses.flatMap((miss): KnownGap[] => {
    if (!miss.gap) return []
    const { option, leaves, answer } = miss.gap
    const { commandLine, sysctls } =
      answer.kind === 'closed' ? answer.by : { commandLine: [], sysctls: {} }
    const closedBy = [
      ...commandLine,
      ...Object.entries(sysctls).map(([name, value]) => `${name}=${value}`),
    ]
    return [
      {
        option,
        miss: missText(miss),
        leaves,
        answer:
          answer.kind === 'closed'
            ? `closed by ${closedBy.join(' ')}`
            : `accepted: ${answer.because}`,
      },
    ]
  })
  return { release, gaps, closed: closedGaps(misses, rules.gaps).map(({ option }) => option) }
}

/** Where the checkout keeps the rules. */
export function kernelRulesDirectory(project: string): string {
  return join(project, 'kernel-configs')
}
