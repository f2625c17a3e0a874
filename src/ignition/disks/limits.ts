import type {
  Config,
  Filesystem,
  Luks,
  ParsedConfig,
  Path,
  Problem,
} from '../../ignition-schema/index.ts'
import { isRoot } from '../other-root/root-filesystem.ts'
import type { Finding } from './finding.ts'
import { isBound } from './plan-volume.ts'

/** What is valid Ignition, and what hosts cannot do with disks, each with the reason. */
export function diskLimits(parsed: ParsedConfig, { storage }: Config): Problem[] {
  const findings = [
    ...(storage?.luks ?? []).flatMap((luks, index) =>
      volumeLimits(luks, ['storage', 'luks', index]),
    ),
    ...(storage?.filesystems ?? []).flatMap((filesystem, index) => {
      const { path } = filesystem
      const at = ['storage', 'filesystems', index]
      if (path && isRoot(path)) return rootLimits(filesystem, at)
      return path ? mountPointLimits(path, [...at, 'path']) : []
    }),
    ...((storage?.filesystems ?? []).some(({ path }) => path && isRoot(path))
      ? rootKeyLimits(storage?.luks ?? [])
      : []),
  ]
  return findings.map(({ at, message, expected }) => parsed.problem('error', at, message, expected))
}

function volumeLimits({ clevis, cex }: Luks, at: Path): Finding[] {
  const found: Finding[] = []
  const limit = (field: Path, message: string, expected: string) => {
    found.push({ at: [...at, ...field], message, expected })
  }
  const opener = 'clevis.tpm2: true, clevis.tang, or a key file'
  const { custom, tpm2, threshold = 0, tang: servers = [] } = clevis ?? {}
  if (custom?.pin)
    limit(['clevis', 'custom'], 'clevis pins are shell scripts, and hosts have no shell', opener)
  const openers = servers.length + (tpm2 === true ? 1 : 0)
  if (threshold > openers)
    limit(
      ['clevis', 'threshold'],
      openers === 0
        ? 'nothing is given that could open the volume'
        : `it takes ${threshold} of TPM and tang servers, and ${openers === 1 ? 'one is' : `${openers} are`} given`,
      openers === 0 ? opener : `at most ${openers}`,
    )
  if (cex?.enabled === true)
    limit(
      ['cex', 'enabled'],
      'crypto express cards belong to s390x machines, and hosts are amd64',
      opener,
    )
  return found
}

const rootFormats = ['ext4', 'xfs', 'btrfs']

function rootLimits(
  { format, wipeFilesystem, mountOptions = [] }: Filesystem,
  at: Path,
): Finding[] {
  const found: Finding[] = []
  if (!rootFormats.includes(format ?? ''))
    found.push({
      at: [...at, 'format'],
      message: `root cannot be on ${format || 'a file system of no format'}`,
      expected: rootFormats.join(', '),
    })
  if (wipeFilesystem !== true)
    found.push({
      at: [...at, 'wipeFilesystem'],
      message: 'root is made anew: another host’s files would be taken for this one’s',
      expected: 'true',
    })
  for (const [index, option] of mountOptions.entries())
    if (!/^[\w.:=+%/,@-]+$/.test(option) || /(?:^|,)(?:ro|bind|remount)(?:,|$)/.test(option))
      found.push({
        at: [...at, 'mountOptions', index],
        message: `the option ${option} is not one that root is mounted with`,
        expected: 'options of the file system itself',
      })
  return found
}

/** /etc/luks would be on the very root that it opens, or be left on the boot disk, where anyone can read it. */
function rootKeyLimits(volumes: readonly Luks[]): Finding[] {
  const expected =
    'clevis.tpm2: true or clevis.tang for all volumes of a config that puts root elsewhere'
  return volumes.flatMap((luks, index): Finding[] => {
    const message = `the key of ${luks.name} would lie on the boot disk while root is made elsewhere`
    return isBound(luks) ? [] : [{ at: ['storage', 'luks', index], message, expected }]
  })
}

/** Made and filled by others than a config: each folder with all below it. */
const kernels = ['/dev', '/proc', '/sys', '/run', '/tmp', '/boot', '/efi']
/** Where the initrd and the update agent keep what they look for before a config's mounts are there. */
const systems = ['/var/lib/slipway/etc', '/var/lib/slipway/update']

function mountPointLimits(path: string, at: Path): Finding[] {
  const place = path.replace(/\/+$/, '') || '/'
  const isIn = (folder: string) => place === folder || place.startsWith(`${folder}/`)
  const holds = (folder: string) => folder.startsWith(`${place}/`)
  const refuse = (reason: string, expected: string) => [
    { at, message: `${path} ${reason}`, expected },
  ]
  if (isIn('/usr')) return refuse('is read-only and verified', 'a path outside of /usr')
  if (place === '/etc')
    return refuse('is an overlay over the image’s own', 'a path below it, or another one')
  if (kernels.some(isIn))
    return refuse('belongs to the kernel, the boot loader or a single boot', 'another path')
  if ([...systems, '/var/lib/slipway/provisioned'].some((folder) => isIn(folder) || holds(folder)))
    return refuse(
      'has what the initrd needs before other file systems are mounted',
      'what is to be apart, such as /var/lib/slipway/volumes, /var/log or /srv',
    )
  return []
}
