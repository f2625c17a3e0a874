import { type ChildProcess, spawn } from 'node:child_process'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { engineErrors } from '../../errors/engine.ts'
import { ended, programEnvironment } from '../runtime/programs.ts'
import { archiveForNamespace } from '../user-namespaces/archives.ts'
import type { IdMapping } from '../user-namespaces/id-mapping.ts'
import type { HeldDirectory } from './held-directory.ts'

export type PackOptions = {
  /** The directory of what is packed; the name is one entry of it, or `.` for itself. */
  readonly directory: HeldDirectory
  readonly name: string
  /** What the entry is called in the archive, bytes as latin1; of a directory, nothing but what is in it unless told. */
  readonly as?: string
  /** Leaves out what is mounted below it. */
  readonly oneFileSystem?: boolean
  /** What ids of the container are on the host, if they are others. */
  readonly mapping?: IdMapping | undefined
}

/**
 * Writes an entry and what is below it as a tar. GNU tar reads by descriptors and follows no link, so a
 * container that changes its files meanwhile cannot lead it elsewhere. What vanishes or changes while it
 * is read is no failure. Throws SLIPWAY_ENGINE_ARCHIVE_FAILED when the archive is not whole; a
 * client that hangs up ends it.
 */
export async function pack(options: PackOptions, output: Writable): Promise<void> {
  const { directory, name, mapping } = options
  const child = spawn('tar', packArguments(options), {
    env: programEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', directory.fd],
  })
  const end = ended(child, 'tar')
  const words = lastWords(child)
  try {
    const archive = child.stdout ?? Readable.from([])
    const sent =
      mapping === undefined
        ? pipeline(archive, output, { end: false })
        : pipeline(archive, archiveForNamespace(mapping), output, { end: false })
    await Promise.all([sent, end])
  } catch (error) {
    child.kill('SIGKILL')
    await end.catch(() => {})
    // Whoever asked does not want it any more.
    if (output.destroyed) return
    throw error
  }
  // 1: something changed or went away while it was read.
  const status = await end
  if (status === 0 || status === 1) return
  throw engineErrors.error('SLIPWAY_ENGINE_ARCHIVE_FAILED', {
    name,
    reason: `tar: ${status}: ${await words}`,
  })
}

/** GNU tar's arguments; the directory is descriptor 3. */
export function packArguments({
  name,
  as,
  oneFileSystem,
}: Omit<PackOptions, 'directory' | 'mapping'>): string[] {
  // Names inside keep what follows the entry's own; targets of symbolic links stay.
  const from = as === undefined ? '^\\./' : name === '.' ? '^\\.' : '^.*$'
  return [
    '--create',
    '--file=-',
    '--format=pax',
    '--pax-option=delete=atime,delete=ctime',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=security.capability',
    '--absolute-names',
    ...(oneFileSystem === true ? ['--one-file-system'] : []),
    '--directory=/proc/self/fd/3',
    `--transform=flags=rSh;s,${from},${text(as ?? '').replace(/[\\&,]/g, '\\$&')},`,
    '--',
    name === '.' ? '.' : `./${text(name)}`,
  ]
}

/** Both names come from whoever asks, and are UTF-8. */
function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

async function lastWords({ stderr }: ChildProcess): Promise<string> {
  let text = ''
  for await (const piece of stderr ?? []) text = (text + String(piece)).slice(-2000)
  return text.trim()
}
