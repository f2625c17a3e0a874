import { chown, stat } from 'node:fs/promises'
import { ifGone } from '../../files/absence.ts'
import { hostId, type IdMapping } from './id-mapping.ts'

/**
 * Gives the pipes that a container's first process has for input and output to its user, who may open them again
 * by /dev/stdout and /dev/stderr. The runtime leaves them to the host's root, whom the user namespace does not have; and
 * told to do it, it would do the same with the host's own /dev/null. To be called before the process is let go.
 */
export async function giveStandardStreams(
  pid: number,
  user: { readonly uid: number; readonly gid: number },
  mapping: IdMapping,
): Promise<void> {
  const [uid, gid] = [hostId(mapping, user.uid), hostId(mapping, user.gid)]
  // Such a user cannot be: the process ends with that.
  if (uid === undefined || gid === undefined) return
  for (const fd of [0, 1, 2]) {
    const path = `/proc/${pid}/fd/${fd}`
    const status = await stat(path).catch(ifGone)
    if (status?.isFIFO() === true) await chown(path, uid, gid)
  }
}
