import { chmod, cp, mkdir, mkdtemp, rename, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageDefinition } from '../../image/definition.ts'
import { loadImage } from '../../image/load.ts'
import { run } from '../program.ts'

const checkout = join(import.meta.dirname, '../../..')

/** Keeps packages between runs of the tests, apart from those of builds. */
export const testCache = join(checkout, '.cache/test')

export type TestProject = {
  /** Looks like the checkout, with lock files of its own. */
  readonly project: string
  /** For a store of its own. */
  readonly cache: string
  readonly image: ImageDefinition
}

/** Where a test registers what is to be done when it ends. */
export type Ending = { after(action: () => Promise<void>): void }

/** A checkout whose lock files a test may change, and a cache that has the packages already. */
export async function testProject(t: Ending): Promise<TestProject> {
  const base = await mkdtemp(join(tmpdir(), 'slipway-build-'))
  t.after(() => rm(base, { recursive: true, maxRetries: 5 }))
  await chmod(base, 0o755)
  const [project, cache] = [join(base, 'project'), join(base, 'cache')]
  await mkdir(project)
  await mkdir(cache)
  for (const name of ['src', 'units', 'apparmor', 'kernel-configs', 'node_modules'])
    await symlink(join(checkout, name), join(project, name))
  for (const name of ['images', 'package.json', 'package-lock.json', 'tsconfig.json'])
    await cp(join(checkout, name), join(project, name), { recursive: true })
  await warm(cache)
  const image = await loadImage('qemu', { directory: join(project, 'images') })
  return { project, cache, image }
}

/** What apt has fetched for tests or builds before; nothing on a machine where nothing was built yet. */
async function warm(cache: string): Promise<void> {
  for (const source of [join(testCache, 'apt'), join(checkout, '.cache/apt')])
    if (await isThere(source)) return await copy(source, join(cache, 'apt'))
}

/** Keeps what a test's apt has fetched for the next run. */
export async function keepPackages(cache: string): Promise<void> {
  if (await isThere(join(testCache, 'apt'))) return
  await mkdir(testCache, { recursive: true })
  const temporary = join(testCache, `apt-${crypto.randomUUID()}`)
  await copy(join(cache, 'apt'), temporary)
  try {
    await rename(temporary, join(testCache, 'apt'))
  } catch (error) {
    await rm(temporary, { recursive: true })
    // Another test was first.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
  }
}

async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['--archive', '--reflink=auto', from, to])
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
