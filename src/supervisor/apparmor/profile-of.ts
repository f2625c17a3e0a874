import type { Security } from '../containers/spec.ts'

/** The profile that the image brings: what a container has that asks for no other. Docker's name for its own. */
export const defaultProfile = 'docker-default'

/** Docker's word for no profile at all. */
export const unconfined = 'unconfined'

/** The profile of a container as it is shown, on a host that has AppArmor. What it asks for wins over `privileged`. */
export function profileOf(security: Security | undefined): string {
  return security?.apparmor ?? (security?.privileged === true ? unconfined : defaultProfile)
}
