import type { Security } from '../containers/spec.ts'
import { appliedProfile } from './applied-profile.ts'
import { seccompProfileFor } from './by-capability.ts'
import { parseDockerProfile } from './docker-profile.ts'
import type { SeccompProfile } from './oci-profile.ts'

/** The filter of a container; none when it is unconfined, or privileged, whatever profile it has then. */
export function seccompOf(
  security: Security | undefined,
  capabilities: readonly string[],
  kernelRelease: string,
): SeccompProfile | undefined {
  const { seccomp = 'default', privileged = false } = security ?? {}
  if (privileged || seccomp === 'unconfined') return undefined
  if (seccomp === 'default') return seccompProfileFor(capabilities)
  const machine = { architecture: process.arch, kernelRelease }
  return appliedProfile(parseDockerProfile(seccomp.profile), capabilities, machine)
}
