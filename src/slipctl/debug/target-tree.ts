import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { encodeHeader } from '../../supervisor/images/tar-header.ts'

/**
 * An archive with a link by the name `target` to the root of a running container, as processes in its
 * process namespace see it: nothing is mounted, so nothing is left behind.
 */
export async function linkToRoot(pid: number): Promise<Readable> {
  const inside = numberInNamespace(await readFile(`/proc/${pid}/status`, 'utf8'))
  const header = encodeHeader({
    type: 'symbolic link',
    name: 'target',
    linkName: `/proc/${inside}/root`,
    mode: 0o777,
    uid: 0,
    gid: 0,
    sizeBytes: 0,
    mtime: '0',
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: new Map(),
  })
  return Readable.from([Buffer.concat([header, Buffer.alloc(1024)])])
}

/** An archive with an empty directory by the name `target`. */
export function emptyTarget(): Readable {
  const header = encodeHeader({
    type: 'directory',
    name: 'target/',
    linkName: '',
    mode: 0o755,
    uid: 0,
    gid: 0,
    sizeBytes: 0,
    mtime: '0',
    deviceMajor: 0,
    deviceMinor: 0,
    xattrs: new Map(),
  })
  return Readable.from([Buffer.concat([header, Buffer.alloc(1024)])])
}

/** A process has a number in each process namespace around it; the last is that in its own. */
export function numberInNamespace(status: string): number {
  return Number(/^NSpid:.*?(\d+)\s*$/m.exec(status)?.[1] ?? 1)
}
