import { Transform } from 'node:stream'
import { engineErrors } from '../../errors/engine.ts'
import { blockBytes, encodeHeader, padding, type TarHeader } from '../images/tar-header.ts'
import { TarReader } from '../images/tar-reader.ts'
import {
  capabilityAttribute,
  capabilityForRoot,
  capabilityWithoutRoot,
} from './capability-attribute.ts'
import { hostId, type IdMapping, namespaceId } from './id-mapping.ts'

/** An entry of an archive as the host has to write it. Throws SLIPWAY_ENGINE_ARCHIVE_ID for ids that the namespace has not. */
export function entryForHost(header: TarHeader, mapping: IdMapping): TarHeader {
  const mapped = (id: number) => {
    const found = hostId(mapping, id)
    if (found === undefined) throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_ID', { id })
    return found
  }
  const xattrs = withCapability(header, (value) => capabilityForRoot(value, mapping.firstId))
  return { ...header, uid: mapped(header.uid), gid: mapped(header.gid), xattrs }
}

/** An entry that the host has read, as the namespace has it. */
export function entryForNamespace(header: TarHeader, mapping: IdMapping): TarHeader {
  const { uid, gid } = header
  return {
    ...header,
    uid: namespaceId(mapping, uid),
    gid: namespaceId(mapping, gid),
    xattrs: withCapability(header, capabilityWithoutRoot),
  }
}

/** Turns an archive that the host has made into one with the ids of the namespace. */
export function archiveForNamespace(mapping: IdMapping): Transform {
  let output: Buffer[] = []
  let sizeBytes = 0
  const reader = new TarReader({
    entry: (header) => {
      sizeBytes = header.sizeBytes
      output.push(encodeHeader(entryForNamespace(header, mapping)))
    },
    // A copy: the piece is a part of a buffer that may be used again.
    content: (piece) => output.push(Buffer.from(piece)),
    entryEnd: () => output.push(padding(sizeBytes)),
  })
  const taken = () => {
    const whole = Buffer.concat(output)
    output = []
    return whole
  }
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      attempt(done, () => {
        reader.write(piece)
        return taken()
      })
    },
    flush(done) {
      attempt(done, () => {
        reader.finish()
        return Buffer.concat([taken(), Buffer.alloc(2 * blockBytes)])
      })
    },
  })
}

function attempt(done: (error: Error | null, data?: Buffer) => void, work: () => Buffer): void {
  let result: Buffer
  try {
    result = work()
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)))
    return
  }
  done(null, result)
}

function withCapability(
  { xattrs }: TarHeader,
  change: (value: Buffer) => Buffer,
): TarHeader['xattrs'] {
  return new Map(
    [...xattrs].map(([key, value]) => [key, key === capabilityAttribute ? change(value) : value]),
  )
}
