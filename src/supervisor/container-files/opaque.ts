import { spawn } from 'node:child_process'
import { TarReader } from '../images/tar-reader.ts'
import { ended, programEnvironment } from '../runtime/programs.ts'
import type { HeldDirectory } from './held-directory.ts'

/** Overlayfs's mark of a directory that hides what is below it. */
export const opaqueAttribute = 'trusted.overlay.opaque'

/**
 * The directories below an overlay's upper directory that hide what the layers have there, as paths from
 * it that begin with a slash; names are bytes as latin1. Node reads no extended attributes, so GNU
 * tar does.
 */
export async function opaqueDirectories(upper: HeldDirectory): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  const directories = await directoriesBelow(upper, '.')
  if (directories.length === 0) return found
  const reader = new TarReader({
    entry: ({ name, xattrs }) => {
      if (xattrs.get(opaqueAttribute)?.toString('latin1') === 'y')
        found.add(name.replace(/^\.|\/$/g, ''))
    },
    content: () => {},
    entryEnd: () => {},
  })
  const child = spawn(
    'tar',
    [
      ...['--create', '--file=-', '--format=pax', '--no-recursion'],
      ...['--xattrs', `--xattrs-include=${opaqueAttribute}`],
      ...['--directory=/proc/self/fd/3', '--null', '--verbatim-files-from', '--files-from=-'],
    ],
    { env: programEnvironment(), stdio: ['pipe', 'pipe', 'ignore', upper.fd] },
  )
  const end = ended(child, 'tar')
  // What it does not read any more, it says by its end.
  child.stdin?.on('error', () => {})
  child.stdin?.end(Buffer.from(directories.map((path) => `${path}\0`).join(''), 'latin1'))
  for await (const piece of child.stdout ?? []) reader.write(Buffer.from(piece))
  // A directory that a running container has removed meanwhile is a failure to tar, and none to us.
  await end
  reader.finish()
  return found
}

async function directoriesBelow(directory: HeldDirectory, path: string): Promise<string[]> {
  const all: string[] = []
  for (const name of await directory.names()) {
    if ((await directory.statusOf(name))?.isDirectory() !== true) continue
    all.push(`${path}/${name}`)
    await using below: HeldDirectory = await directory.child(name)
    all.push(...(await directoriesBelow(below, `${path}/${name}`)))
  }
  return all
}
