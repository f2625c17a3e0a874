import { valueAt } from '../../json/value.ts'
import { reasonOf } from '../sources/failure.ts'
import { type LabelledDrive, patience, readDrive } from './drive-service.ts'
import { metadataDocument, yamlOf } from './platform-metadata.ts'
import {
  type ProvidedConfig,
  type Provider,
  type ProviderContext,
  providerFailed,
} from './provider.ts'

/** How long a drive may take to appear that is there only if the user gave data. */
export const optionalDriveMs = 30_000

/** Where a drive cidata tells of the host. */
export const cidataMetadataPaths = ['/meta-data']

/** How the file `meta-data` tells of a host. */
export const cidataDocument = {
  hostname: (document: unknown) =>
    valueAt(document, 'local-hostname') || valueAt(document, 'hostname'),
  sshKeys: (document: unknown) => valueAt(document, 'public-keys'),
}

/** The file `meta-data` that was read. Throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export function cidataMetadata(read: ProvidedConfig | undefined, platform: string): unknown {
  return read && yamlOf(read.data, platform, read.source)
}

/** A platform with a drive cidata, which is missing when the user gave no data. */
export function cidataProvider(
  platform: string,
  files: Pick<LabelledDrive, 'paths' | 'accepts'>,
  directory = '/dev/disk/by-label',
  waitMs = optionalDriveMs,
): Provider {
  const read = (wanted: typeof files, context: ProviderContext) =>
    readOptionalDrive({ ...wanted, label: 'cidata', directory }, platform, waitMs, context)
  return {
    fetch: (context) => read(files, context),
    metadata: metadataDocument(
      async (context) =>
        cidataMetadata(await read({ paths: cidataMetadataPaths }, context), platform),
      cidataDocument,
    ),
  }
}

/** undefined when no such drive comes. Throws SLIPWAY_IGNITION_PROVIDER_FAILED. */
export async function readOptionalDrive(
  drive: LabelledDrive,
  platform: string,
  waitMs: number,
  context: ProviderContext,
): Promise<ProvidedConfig | undefined> {
  const limit = patience(waitMs, context)
  try {
    return await readDrive(drive, context, limit)
  } catch (error) {
    context.signal?.throwIfAborted()
    if (!limit.aborted) throw providerFailed(platform, reasonOf(error), error)
    context.log.info(`no drive ${drive.label} came within ${waitMs / 1000} s`)
    return undefined
  }
}
