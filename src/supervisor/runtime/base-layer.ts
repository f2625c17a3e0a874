import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const directories = ['dev/pts', 'dev/shm', 'proc', 'sys']
const files = ['.dockerenv', 'dev/console', 'etc/hostname', 'etc/hosts', 'etc/resolv.conf']
const links = { 'etc/mtab': '/proc/mounts' } as const

/**
 * Makes the layer below all images, with what every container finds, as Docker's has it: the places that are mounted
 * over, and `/.dockerenv`, by which programs tell that they are in a container of Docker's kind. What an image has there
 * itself hides it. May be repeated while containers use it: nothing that is there changes.
 */
export async function makeBaseLayer(directory: string): Promise<void> {
  // Whatever the mask of who makes it: these are the modes that containers see.
  const makeDirectory = async (path: string) => {
    if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, 0o755)
  }
  for (const path of ['', 'dev', 'etc', ...directories]) await makeDirectory(join(directory, path))
  for (const path of files) await ifNew(makeFile(join(directory, path)))
  for (const [path, target] of Object.entries(links))
    await ifNew(symlink(target, join(directory, path)))
}

async function makeFile(path: string): Promise<void> {
  await writeFile(path, '', { flag: 'wx' })
  await chmod(path, 0o755)
}

async function ifNew(making: Promise<void>): Promise<void> {
  await making.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}
