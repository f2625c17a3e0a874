import { open } from 'node:fs/promises'
import type { LoggedRequest, WriteLog } from './write-log.ts'

/** A moment at which the power goes. */
export type PowerCut = {
  /** So many requests were carried out. */
  readonly after: number
  /**
   * What becomes of the writes that no flush had brought to the disk: it may have taken them all, none, or some,
   * the last of those half.
   */
  readonly unflushed: 'kept' | 'lost' | 'some'
}

type Write = Extract<LoggedRequest, { kind: 'write' }>

/**
 * Brings a raw disk image into the state that a power cut would have left it in. It holds at first what it held when
 * the log began, or after `from` requests. What the guest discarded stays as it was: a disk promises nothing of it.
 */
export async function replayWrites(
  log: WriteLog,
  disk: string,
  cut: PowerCut,
  from = 0,
): Promise<void> {
  await using file = await open(disk, 'r+')
  for (const { write, lengthBytes } of survivors(log.requests, cut, from)) {
    const bytes = (await log.read(write)).subarray(0, lengthBytes)
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(
        ...([bytes, done, bytes.length - done, write.offsetBytes + done] as const),
      )
      done += bytesWritten
    }
  }
}

/** Which writes are on the disk after a cut, and how much of each. */
export function survivors(
  requests: readonly LoggedRequest[],
  { after, unflushed }: PowerCut,
  from = 0,
): { readonly write: Write; readonly lengthBytes: number }[] {
  const lastFlush = requests.slice(0, after).findLastIndex(({ kind }) => kind === 'flush')
  const whole = (part: readonly LoggedRequest[]) =>
    part
      .filter((request) => request.kind === 'write')
      .map((write) => ({ write, lengthBytes: write.lengthBytes }))
  const flushed = whole(requests.slice(from, lastFlush + 1))
  const pending = whole(requests.slice(Math.max(from, lastFlush + 1), after))
  switch (unflushed) {
    case 'kept':
      return [...flushed, ...pending]
    case 'lost':
      return flushed
    case 'some':
      return [...flushed, ...withLastTorn(pending.filter((_, index) => isHeads(after, index)))]
  }
}

const SECTOR_BYTES = 512

/** A disk writes a sector as a whole, and no more than that. */
function withLastTorn<T extends { readonly lengthBytes: number }>(writes: readonly T[]): T[] {
  return writes.map((write, index) => {
    if (index < writes.length - 1) return write
    const sectors = Math.ceil(write.lengthBytes / SECTOR_BYTES / 2)
    return { ...write, lengthBytes: sectors * SECTOR_BYTES }
  })
}

/** A coin that falls the same way in each run. */
function isHeads(moment: number, index: number): boolean {
  let bits = Math.imul(moment + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d)
  return ((bits >>> 13) & 1) === 1
}
