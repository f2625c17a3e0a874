import { existsSync, readFileSync } from 'node:fs'
import { cidataDocument, cidataMetadata } from './cidata.ts'
import { driveWay } from './drive-service.ts'
import { askService } from './metadata-service.ts'
import { metadataDocument } from './platform-metadata.ts'
import { type Provider, type ProviderContext, providerFailed } from './provider.ts'
import { race } from './race.ts'

export type NocloudPlaces = {
  readonly labels: string
  /** Files whose text may have `ds=nocloud;s=URL`: the kernel's command line, the serial number. */
  readonly hints: readonly string[]
}

const hostPlaces: NocloudPlaces = {
  labels: '/dev/disk/by-label',
  hints: ['/proc/cmdline', '/sys/class/dmi/id/product_serial'],
}

/**
 * The data source NoCloud that cloud-init made known: a drive with the label cidata, or an address
 * in the kernel's command line or the machine's serial number, each with the file `user-data`.
 */
export function nocloudProvider({ labels, hints }: NocloudPlaces = hostPlaces): Provider {
  const read = async (path: string, source: string, context: ProviderContext) => {
    const seed = hints.map(seedIn).find((url) => url !== undefined)
    if (seed !== undefined) {
      const url = `${seed.replace(/\/$/, '')}${path}`
      const data = await askService({ platform: 'nocloud', url }, context)
      return data && { source: `${source} of nocloud`, data }
    }
    const drives = ['cidata', 'CIDATA'].map((label) =>
      driveWay({ label, paths: [path], directory: labels }, context),
    )
    return await race('nocloud', drives, context)
  }
  return {
    fetch: (context) => read('/user-data', 'user data', context),
    metadata: metadataDocument(
      async (context) => cidataMetadata(await read('/meta-data', 'meta-data', context), 'nocloud'),
      cidataDocument,
    ),
  }
}

function seedIn(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const hint = /(?:^|\s)ds=nocloud(?:-net)?;(\S+)/.exec(readFileSync(path, 'utf8'))?.[1]
  const seed = hint
    ?.split(';')
    .map((part) => /^(?:s|seedfrom)=(.+)$/.exec(part)?.[1])
    .find((url) => url !== undefined)
  if (seed !== undefined && !/^https?:\/\//.test(seed))
    throw providerFailed('nocloud', `${path} names a seed that is not http or https`)
  return seed
}
