import { lstat, readdir } from 'node:fs/promises'

/** The bytes of all files below a directory, each once however many names it has. */
export async function treeSize(directory: string): Promise<number> {
  const seen = new Set<string>()
  return await sizeOf(directory, seen)
}

async function sizeOf(path: string, seen: Set<string>): Promise<number> {
  let sizeBytes = 0
  for (const name of await readdir(path)) {
    const status = await lstat(`${path}/${name}`)
    const file = `${status.dev}:${status.ino}`
    if (status.isDirectory()) sizeBytes += await sizeOf(`${path}/${name}`, seen)
    else if (!seen.has(file)) sizeBytes += status.size
    seen.add(file)
  }
  return sizeBytes
}
