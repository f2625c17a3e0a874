import { packageErrors } from '../errors/packages.ts'
import type { DebianSource } from '../image/definition.ts'
import { run } from '../pipeline/program.ts'

/** Where packages come from: lines of apt's sources.list(5), each bound to a keyring. */
export type Sources = { readonly lines: readonly string[] }

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/**
 * The sources of a suite: the definition's mirrors, else SLIPWAY_MIRROR and SLIPWAY_SECURITY_MIRROR,
 * else the archives that this machine's own apt uses.
 * Throws SLIPWAY_PACKAGES_NO_MIRROR when none of them names one.
 */
export async function packageSources(debian: DebianSource, signal?: AbortSignal): Promise<Sources> {
  const given = {
    archive: debian.mirror ?? process.env.SLIPWAY_MIRROR,
    security: debian.securityMirror ?? process.env.SLIPWAY_SECURITY_MIRROR,
  }
  const own = given.archive && given.security ? {} : machineMirrors(await indexTargets(signal))
  const archive = given.archive ?? own.archive
  const security =
    given.security ?? own.security ?? archive?.replace(/debian\/?$/, 'debian-security')
  if (!archive || !security)
    throw packageErrors.error('SLIPWAY_PACKAGES_NO_MIRROR', { suite: debian.suite })
  const line = (uri: string, suite: string) =>
    `deb [signed-by=${KEYRING}] ${uri.replace(/\/$/, '')} ${suite} ${debian.components.join(' ')}`
  return {
    lines: [
      line(archive, debian.suite),
      line(archive, `${debian.suite}-updates`),
      line(security, `${debian.suite}-security`),
    ],
  }
}

/** Finds Debian's archives among the repositories of apt: by convention their paths say which is which. */
export function machineMirrors(targets: string): { archive?: string; security?: string } {
  const uris = targets.split('\n').map((line) => line.trim())
  const find = (path: RegExp) => uris.find((uri) => path.test(uri))
  const archive = find(/\/debian\/?$/)
  const security = find(/\/debian-security\/?$/)
  return { ...(archive && { archive }), ...(security && { security }) }
}

function indexTargets(signal?: AbortSignal): Promise<string> {
  return run(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'],
    signal ? { signal } : {},
  )
}
