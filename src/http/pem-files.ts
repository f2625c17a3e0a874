import { readFile } from 'node:fs/promises'

/** Files in PEM that a connection by TLS needs, by their paths; each may be absent. */
export type PemFiles = {
  /** Who the other side's certificate may be from; the system's authorities if absent. */
  readonly certificateAuthority?: string
  /** What we show when we are asked for a certificate, with what leads to its authority. */
  readonly certificate?: string
  readonly key?: string
}

/** What is in them. */
export type PemTexts = {
  readonly certificateAuthority: string | undefined
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined
}

/** Reads them as they are now: they may be written anew while we run. Throws what `read` throws. */
export async function readPemFiles(
  { certificateAuthority, certificate, key }: PemFiles,
  read: (path: string) => Promise<string> = (path) => readFile(path, 'utf8'),
): Promise<PemTexts> {
  const ofClient = certificate !== undefined && key !== undefined
  return {
    certificateAuthority:
      certificateAuthority === undefined ? undefined : await read(certificateAuthority),
    clientCertificate: ofClient
      ? { certificate: await read(certificate), key: await read(key) }
      : undefined,
  }
}

/** The same in Node's words. */
export function secureOptions({ certificateAuthority, clientCertificate }: Partial<PemTexts>): {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
} {
  const { certificate, key } = clientCertificate ?? {}
  return {
    ...(certificateAuthority !== undefined && { ca: certificateAuthority }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
  }
}
