import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import {
  blankHeader,
  blockBytes,
  encodeHeader,
  type TarHeader,
} from '../../supervisor/images/tar-header.ts'

/**
 * An archive with a link by the name `target` to the root of a running container, as processes in its
 * process namespace see it: nothing is mounted, so nothing is left behind.
 */
export async function linkToRoot(pid: number): Promise<Readable> {
  const inside = numberInNamespace(await readFile(`/proc/${pid}/status`, 'utf8'))
  return archiveOf({
    ...blankHeader,
    type: 'symbolic link',
    name: 'target',
    linkName: `/proc/${inside}/root`,
    mode: 0o777,
  })
}

/** An archive with an empty directory by the name `target`. */
export function emptyTarget(): Readable {
  return archiveOf({ ...blankHeader, type: 'directory', name: 'target/', mode: 0o755 })
}

/** An archive with one entry that has no content; two blocks of zeros end it. */
function archiveOf(header: TarHeader): Readable {
  return Readable.from([Buffer.concat([encodeHeader(header), Buffer.alloc(2 * blockBytes)])])
}

/** A process has a number in each process namespace around it; the last is that in its own. */
export function numberInNamespace(status: string): number {
  return Number(/^NSpid:.*?(\d+)\s*$/m.exec(status)?.[1] ?? 1)
}
