import { chown, stat } from 'node:fs/promises'
import { ifGone } from '../../files/absence.ts'

/**
 * Gives the pipes that a container's first process has for input and output to its user, who may open them again
 * by /dev/stdout and /dev/stderr. The runtime leaves them to the host's root, whom the user namespace does not have; and
 * told to do it, it would do the same with the host's own /dev/null. To be called before the process is let go.
 */
export async function giveStandardStreams(
  pid: number,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  for (const fd of [0, 1, 2]) {
    const path = `/proc/${pid}/fd/${fd}`
    const status = await stat(path).catch(ifGone)
    if (status?.isFIFO() === true) await chown(path, owner.uid, owner.gid)
  }
}
