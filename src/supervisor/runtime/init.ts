import type { Container } from '../containers/container.ts'
import type { SpecMount } from './mounts.ts'
import { findProgram } from './programs.ts'

/** Where Docker puts it, whatever the image has there. */
const inContainer = '/sbin/docker-init'

/** In namespaces of other processes it is not the first one, and would have nothing to reap. */
export function hasInit({ spec }: Pick<Container, 'spec'>): boolean {
  return spec.init === true && spec.namespaces?.pid === undefined
}

/** The path of the program on the host; undefined for a container that has none. Throws SLIPWAY_SUPERVISOR_PROGRAM_MISSING. */
export async function initProgramOf(
  container: Pick<Container, 'spec'>,
): Promise<string | undefined> {
  return hasInit(container) ? await findProgram('catatonit') : undefined
}

export function initMount(program: string): SpecMount {
  return {
    destination: inContainer,
    type: 'bind',
    source: program,
    options: ['bind', 'ro', 'nosuid', 'nodev', 'rprivate'],
  }
}

/** The command line of a container that has it. */
export function withInit(command: readonly string[]): string[] {
  return [inContainer, '--', ...command]
}
