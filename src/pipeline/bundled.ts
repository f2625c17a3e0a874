import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildErrors } from '../errors/build.ts'
import type { BundledPackage } from '../manifest/contents.ts'

type LockedPackage = {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
}

/**
 * What is inside the host executable: npm packages as package-lock.json describes them, and Node.
 *
 * `folders` are the packages' folders below the checkout, as in the lock file.
 * Throws SLIPWAY_BUILD_NPM_NOT_LOCKED when the lock file lacks one.
 */
export async function bundledPackages(
  project: string,
  folders: readonly string[],
  nodeVersion: string,
): Promise<BundledPackage[]> {
  const file = join(project, 'package-lock.json')
  const { packages: locked } = JSON.parse(await readFile(file, 'utf8')) as {
    packages: Readonly<Record<string, LockedPackage>>
  }
  const npm = folders.map((folder): BundledPackage => {
    const { version, license, integrity } = locked[folder] ?? {}
    if (version === undefined)
      throw buildErrors.error('SLIPWAY_BUILD_NPM_NOT_LOCKED', { folder, file })
    return {
      kind: 'npm',
      name: folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      ...(license !== undefined && { licence: license }),
      ...(integrity !== undefined && { integrity }),
    }
  })
  return [{ kind: 'runtime', name: 'node', version: nodeVersion, licence: 'MIT' }, ...npm]
}
