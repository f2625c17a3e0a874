import type { ReleaseClient } from '../metadata/client.ts'
import type { DownloadOptions } from '../metadata/target-download.ts'
import type { Artifact, ReleaseDescription } from '../release.ts'
import type { Content, SlotContents } from '../slot/content.ts'
import { DirectFile, readRange } from '../slot/direct-file.ts'
import type { Extent, Layout } from '../slot/layout.ts'

/**
 * A release's files as what is to be written, streamed from the server. What is read from an offset on begins with what
 * the free slot holds already: the digest of the whole is checked before the last piece is given.
 */
export function releaseContents(
  client: ReleaseClient,
  { usr, verity, signature, uki }: ReleaseDescription,
  { free }: Layout,
  options: Omit<DownloadOptions, 'present'>,
): { readonly contents: SlotContents; readonly uki: Content } {
  const content = (artifact: Artifact, extent?: Extent): Content => ({
    sizeBytes: artifact.sizeBytes,
    sha256: artifact.sha256,
    read: (offsetBytes) =>
      extent === undefined || offsetBytes === 0
        ? client.download(artifact, options)
        : client.download(artifact, { ...options, present: bytesOf(extent, offsetBytes) }),
  })
  return {
    contents: {
      usr: content(usr, free.usr.extent),
      verity: content(verity, free.verity.extent),
      ...(signature && { signature: content(signature, free.signature.extent) }),
    },
    // Always read from its beginning.
    uki: content(uki),
  }
}

async function* bytesOf({ path, offsetBytes }: Extent, length: number): AsyncGenerator<Buffer> {
  await using file = await DirectFile.open(path, 'read')
  yield* readRange(file, offsetBytes, length)
}
