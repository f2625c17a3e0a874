import type { RepositoryName } from './authorization.ts'
import type { RegistryAccess, RegistrySettings } from './types.ts'

/** A mirror's name among registries is its address, which is no registry's name in a reference. */
export function isMirror(registry: string): boolean {
  return /^https?:\/\//.test(registry)
}

/** A repository at the mirrors of its registry. What a mirror's address has as path stands before its name. */
export function mirrorsOf(
  { registry, repository }: RepositoryName,
  settings: RegistrySettings,
): RepositoryName[] {
  const { mirrors = [] } = Object.hasOwn(settings, registry) ? (settings[registry] ?? {}) : {}
  return mirrors.map(({ url }) => {
    const { origin, pathname } = new URL(url)
    const prefix = pathname.split('/').filter((part) => part !== '')
    return { registry: origin, repository: [...prefix, repository].join('/') }
  })
}

/** The settings with an entry for each mirror: its access is its own, and never that of the registry. */
export function withMirrors(settings: RegistrySettings): RegistrySettings {
  const mirrors = Object.values(settings).flatMap(({ mirrors = [] }) => mirrors)
  const access = mirrors.map(({ url, ...own }): [string, RegistryAccess] => {
    const { origin, protocol } = new URL(url)
    return [origin, { ...own, insecure: protocol === 'http:' }]
  })
  return { ...Object.fromEntries(access), ...settings }
}
