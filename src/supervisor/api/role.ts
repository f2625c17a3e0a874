/**
 * What somebody may do who is not root on the host. `read-only` sees containers, images, networks, volumes and their figures and logs;
 * `operator` also starts, stops and updates what is there; `admin` does everything, since whoever makes a container
 * can make one that is root on the host.
 */
export const roles = ['read-only', 'operator', 'admin'] as const

export type Role = (typeof roles)[number]

/** Whether a role is enough where another one is asked for. */
export function mayAct(has: Role, needs: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needs)
}
