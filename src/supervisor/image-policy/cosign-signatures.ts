import { isSlipwayError } from '../../errors/error.ts'
import { list, object, optional, parseJson, textMap } from '../../json/value.ts'
import type { RepositoryName } from '../images/authorization.ts'
import { type Descriptor, maximumManifestBytes, parseDescriptor } from '../images/manifest.ts'
import { manifestTypes } from '../images/media-types.ts'
import type { RegistryClient, RequestOptions } from '../images/registry.ts'
import { mismatch } from './simple-signing.ts'
import {
  type FoundSignatures,
  maximumSignatures,
  ofDigest,
  type StoredSignature,
  understood,
} from './stored-signature.ts'

const payloadType = 'application/vnd.dev.cosign.simplesigning.v1+json'
const signatureAnnotation = 'dev.cosignproject.cosign/signature'

/** A payload is a few hundred bytes; annotations of the signer's own may make it larger. */
const maximumPayloadBytes = 64 * 1024

/** The tag under which cosign stores the signatures of a digest. */
export function signatureTag(digest: string): string {
  return `${digest.replace(':', '-')}.sig`
}

/** The signatures that a repository has of a digest; none if there is no such tag. @throws as `getSmall` */
export async function fetchSignatures(
  client: RegistryClient,
  source: RepositoryName,
  digest: string,
  options: RequestOptions,
): Promise<FoundSignatures> {
  const problems: string[] = []
  const signatures: StoredSignature[] = []
  const manifest = await fetchManifest(client, source, signatureTag(digest), options)
  if (manifest === undefined) return { signatures, problems }
  const described = understood(() => signatureLayers(manifest), problems) ?? []
  for (const { signature, ...descriptor } of described) {
    const payload = await fetchPayload(client, source, descriptor, options, problems)
    if (payload !== undefined) signatures.push(storedSignature(payload, signature))
  }
  return { signatures, problems }
}

function storedSignature(payload: Buffer, signature: Buffer): StoredSignature {
  return { signed: payload, signature, objection: (image) => mismatch(payload, image) }
}

async function fetchManifest(
  client: RegistryClient,
  source: RepositoryName,
  tag: string,
  options: RequestOptions,
): Promise<Buffer | undefined> {
  const limits = { accept: manifestTypes.join(', '), limitBytes: maximumManifestBytes }
  try {
    return (await client.getSmall(source, `manifests/${tag}`, limits, options)).bytes
  } catch (error) {
    if (isSlipwayError(error, 'SLIPWAY_IMAGES_NOT_FOUND')) return undefined
    throw error
  }
}

async function fetchPayload(
  client: RegistryClient,
  source: RepositoryName,
  { digest, sizeBytes }: Descriptor,
  options: RequestOptions,
  problems: string[],
): Promise<Buffer | undefined> {
  if (sizeBytes > maximumPayloadBytes) {
    problems.push(`what is signed has ${sizeBytes} bytes`)
    return undefined
  }
  const limits = { accept: '*/*', limitBytes: sizeBytes }
  const { bytes } = await client.getSmall(source, `blobs/${digest}`, limits, options)
  return ofDigest(bytes, digest, 'what is signed', problems)
}

function signatureLayers(manifest: Buffer): (Descriptor & { readonly signature: Buffer })[] {
  const layers = list(object(parseJson(manifest), 'the manifest').layers, 'layers')
  return layers.slice(0, maximumSignatures).flatMap((layer, index) => {
    const where = `layers[${index}]`
    const fields = object(layer, where)
    const descriptor = parseDescriptor(fields, where)
    const annotations = optional(fields.annotations, `${where}.annotations`, textMap) ?? {}
    const signature = annotations[signatureAnnotation]
    if (descriptor.mediaType !== payloadType || signature === undefined) return []
    return [{ ...descriptor, signature: Buffer.from(signature, 'base64') }]
  })
}
