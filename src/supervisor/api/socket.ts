import type { Directories } from '../directories.ts'

/** Where the supervisor listens. */
export function socketPath({ runtime }: Pick<Directories, 'runtime'>): string {
  return `${runtime}/supervisor.sock`
}
