import { some } from '../../json/some.ts'
import type { ConditionalRule, DockerProfile, RuleCondition } from './docker-profile.ts'
import type { SeccompProfile } from './oci-profile.ts'

/** What the rules of a profile depend on. */
export type SeccompMachine = {
  /** As Node has it: `x64`, `arm64`. */
  readonly architecture: string
  /** Such as `6.12.43+deb13-cloud-amd64`. */
  readonly kernelRelease: string
}

/** What of a profile holds for a container with these capabilities on this machine, as Docker chooses it. */
export function appliedProfile(
  { defaultAction, defaultErrnoRet, architectures, flags, rules }: DockerProfile,
  capabilities: readonly string[],
  machine: SeccompMachine,
): SeccompProfile {
  const { libseccomp: own } = namesOf(machine)
  return {
    defaultAction,
    ...some('defaultErrnoRet', defaultErrnoRet),
    architectures: architectures.flatMap((entry) => {
      if (typeof entry === 'string') return [entry]
      return entry.architecture === own ? [entry.architecture, ...entry.subArchitectures] : []
    }),
    ...(flags.length === 0 ? {} : { flags }),
    syscalls: rules
      .filter((rule) => holds(rule, new Set(capabilities), machine))
      .map(({ rule }) => rule),
  }
}

function holds(
  { includes, excludes }: ConditionalRule,
  capabilities: ReadonlySet<string>,
  machine: SeccompMachine,
): boolean {
  return (
    isOn(includes.architectures, machine, true) &&
    includes.capabilities.every((name) => capabilities.has(name)) &&
    isKernel(includes, machine, true) &&
    !isOn(excludes.architectures, machine, false) &&
    !excludes.capabilities.some((name) => capabilities.has(name)) &&
    !isKernel(excludes, machine, false)
  )
}

function isOn(names: readonly string[], machine: SeccompMachine, ifNoneSaid: boolean): boolean {
  return names.length === 0 ? ifNoneSaid : names.includes(namesOf(machine).go)
}

function isKernel(
  { minimumKernel }: RuleCondition,
  { kernelRelease }: SeccompMachine,
  ifNoneSaid: boolean,
): boolean {
  if (minimumKernel === undefined) return ifNoneSaid
  const [major = 0, minor = 0] = versionOf(kernelRelease)
  const [wantedMajor = 0, wantedMinor = 0] = versionOf(minimumKernel)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

function versionOf(release: string): number[] {
  return (/^(\d+)\.(\d+)/.exec(release) ?? []).slice(1).map(Number)
}

/** The names that Go and libseccomp have for an architecture. */
function namesOf({ architecture }: SeccompMachine): { go: string; libseccomp: string } {
  return architecture === 'arm64'
    ? { go: 'arm64', libseccomp: 'SCMP_ARCH_AARCH64' }
    : { go: 'amd64', libseccomp: 'SCMP_ARCH_X86_64' }
}
