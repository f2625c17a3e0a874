import { isSlipwayError } from '../../errors/error.ts'
import { list, object, optional, parseJson, text } from '../../json/value.ts'
import type { RepositoryName } from '../images/authorization.ts'
import { maximumManifestBytes, parseDescriptor } from '../images/manifest.ts'
import { indexTypes, manifestTypes } from '../images/media-types.ts'
import type { RegistryClient, RequestOptions } from '../images/registry.ts'
import {
  type FoundSignatures,
  maximumSignatures,
  ofDigest,
  type StoredSignature,
  understood,
} from './stored-signature.ts'

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const statementType = 'application/vnd.in-toto+json'
const signPredicate = 'https://sigstore.dev/cosign/sign/v1'

/** One with a certificate and the proofs of logs has some 20 kB. */
const maximumBundleBytes = 256 * 1024

/**
 * The signatures that newer versions of cosign put beside a digest: sigstore bundles that refer to it, found by
 * the referrers API of the distribution specification 1.1, or by its tag where a registry does not have that.
 *
 * @throws as `getSmall`
 */
export async function fetchBundles(
  client: RegistryClient,
  source: RepositoryName,
  digest: string,
  options: RequestOptions,
): Promise<FoundSignatures> {
  const problems: string[] = []
  const signatures: StoredSignature[] = []
  const referrers = await fetchReferrers(client, source, digest, options)
  const found = referrers && understood(() => bundlesIn(referrers), problems)
  for (const manifestDigest of found ?? []) {
    const path = `manifests/${manifestDigest}`
    const accept = manifestTypes.join(', ')
    const manifest = await checked(path, maximumManifestBytes, accept, manifestDigest)
    const layer = manifest && understood(() => bundleLayer(manifest), problems)
    if (layer === undefined) continue
    if (layer.sizeBytes > maximumBundleBytes) {
      problems.push(`a bundle has ${layer.sizeBytes} bytes`)
      continue
    }
    const bundle = await checked(`blobs/${layer.digest}`, layer.sizeBytes, '*/*', layer.digest)
    const read = bundle && understood(() => signaturesIn(bundle), problems)
    signatures.push(...(read ?? []))
  }
  return { signatures, problems }

  async function checked(path: string, limitBytes: number, accept: string, expected: string) {
    const { bytes } = await client.getSmall(source, path, { accept, limitBytes }, options)
    return ofDigest(bytes, expected, 'a bundle', problems)
  }
}

/** What DSSE has signed: the type and the content, each with its length. */
export function preAuthentication(type: string, content: Buffer): Buffer {
  const start = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${content.length} `
  return Buffer.concat([Buffer.from(start), content])
}

async function fetchReferrers(
  client: RegistryClient,
  source: RepositoryName,
  digest: string,
  options: RequestOptions,
): Promise<Buffer | undefined> {
  const limits = { accept: indexTypes.join(', '), limitBytes: maximumManifestBytes }
  for (const path of [`referrers/${digest}`, `manifests/${digest.replace(':', '-')}`])
    try {
      return (await client.getSmall(source, path, limits, options)).bytes
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  return undefined
}

function isMissing(error: unknown): boolean {
  if (isSlipwayError(error, 'SLIPWAY_IMAGES_NOT_FOUND')) return true
  return isSlipwayError(error, 'SLIPWAY_IMAGES_REGISTRY_FAILED') && error.details.status === 404
}

function bundlesIn(index: Buffer): string[] {
  const manifests = list(object(parseJson(index), 'the list of referrers').manifests, 'manifests')
  return manifests
    .map((entry, at) => {
      const fields = object(entry, `manifests[${at}]`)
      const { digest } = parseDescriptor(fields, `manifests[${at}]`)
      return { digest, type: optional(fields.artifactType, 'artifactType', text) }
    })
    .filter(({ type }) => type === bundleType)
    .map(({ digest }) => digest)
    .slice(0, maximumSignatures)
}

function bundleLayer(manifest: Buffer) {
  const [layer] = list(object(parseJson(manifest), 'the manifest').layers, 'layers')
  return parseDescriptor(object(layer, 'layers[0]'), 'layers[0]')
}

/** Those over a statement; a bundle may hold something else, which says nothing of an image. */
function signaturesIn(bundle: Buffer): StoredSignature[] {
  const envelope = optional(
    object(parseJson(bundle), 'the bundle').dsseEnvelope,
    'dsseEnvelope',
    object,
  )
  if (envelope === undefined) return []
  const type = text(envelope.payloadType, 'payloadType')
  if (type !== statementType) return []
  const content = Buffer.from(text(envelope.payload, 'payload'), 'base64')
  const signed = preAuthentication(type, content)
  return list(envelope.signatures, 'signatures')
    .slice(0, maximumSignatures)
    .map((each, at) => ({
      signed,
      signature: Buffer.from(text(object(each, `signatures[${at}]`).sig, 'sig'), 'base64'),
      objection: ({ digests }) => objectionTo(content, digests),
    }))
}

/** Other statements about an image, such as how it was built, do not say that it may be used. */
function objectionTo(content: Buffer, digests: readonly string[]): string | undefined {
  const statement = object(parseJson(content), 'the statement')
  const predicate = text(statement.predicateType, 'predicateType')
  if (predicate !== signPredicate) return `a statement of the type ${predicate} is no signature`
  const subjects = list(statement.subject, 'subject').map((each, at) => {
    const { sha256 } = object(object(each, `subject[${at}]`).digest, `subject[${at}].digest`)
    return `sha256:${text(sha256, `subject[${at}].digest.sha256`)}`
  })
  const isOfImage = subjects.some((digest) => digests.includes(digest))
  return isOfImage ? undefined : `it signs ${subjects.join(', ')}`
}
