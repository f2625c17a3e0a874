import type { Config, Luks, ParsedConfig, Path, Problem } from '../../ignition-schema/index.ts'
import type { Finding } from './finding.ts'

/** What is valid Ignition, and what hosts cannot do with disks, each with the reason. */
export function diskLimits(parsed: ParsedConfig, { storage }: Config): Problem[] {
  const findings = [
    ...(storage?.luks ?? []).flatMap((luks, index) =>
      volumeLimits(luks, ['storage', 'luks', index]),
    ),
    ...(storage?.filesystems ?? []).flatMap(({ path }, index) =>
      path ? mountPointLimits(path, ['storage', 'filesystems', index, 'path']) : [],
    ),
  ]
  return findings.map(({ at, message, expected }) => parsed.problem('error', at, message, expected))
}

function volumeLimits({ clevis, cex }: Luks, at: Path): Finding[] {
  const found: Finding[] = []
  const limit = (field: Path, message: string, expected: string) => {
    found.push({ at: [...at, ...field], message, expected })
  }
  const opener = 'clevis.tpm2: true, or a key file'
  if ((clevis?.tang ?? []).length > 0)
    limit(
      ['clevis', 'tang'],
      'clevis, which asks tang servers, is made of shell scripts, and hosts have no shell',
      opener,
    )
  if (clevis?.custom?.pin)
    limit(['clevis', 'custom'], 'clevis pins are shell scripts, and hosts have no shell', opener)
  if ((clevis?.threshold ?? 0) > 1)
    limit(
      ['clevis', 'threshold'],
      'only the TPM can open volumes, so one opener is all there is',
      '1',
    )
  else if ((clevis?.threshold ?? 0) === 1 && clevis?.tpm2 !== true && !clevis?.tang?.length)
    limit(['clevis', 'threshold'], 'nothing is given that could open the volume', opener)
  if (cex?.enabled === true)
    limit(
      ['cex', 'enabled'],
      'crypto express cards belong to s390x machines, and hosts are amd64',
      opener,
    )
  return found
}

/** Made and filled by others than a config: each folder with all below it. */
const kernels = ['/dev', '/proc', '/sys', '/run', '/tmp', '/boot', '/efi']
/** Where the initrd and the update agent keep what they look for before a config's mounts are there. */
const systems = ['/var/lib/slipway/etc', '/var/lib/slipway/update']

function mountPointLimits(path: string, at: Path): Finding[] {
  const place = path.replace(/\/+$/, '') || '/'
  const isIn = (folder: string) => place === folder || place.startsWith(`${folder}/`)
  const holds = (folder: string) => place === '/' || folder.startsWith(`${place}/`)
  const refuse = (reason: string, expected: string) => [
    { at, message: `${path} ${reason}`, expected },
  ]
  if (place === '/')
    return refuse(
      'is made by the image in its own partition of the boot disk, before a config is read',
      'another path; what is to grow goes on file systems of its own, such as /var/lib/slipway/volumes',
    )
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
