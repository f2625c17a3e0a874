import { type KeyObject, sign } from 'node:crypto'
import { digestOf } from '../../images/digest.ts'
import type { TestImage } from '../../images/testing/test-image.ts'
import { preAuthentication } from '../sigstore-bundles.ts'

/** The text that cosign signs for an image. */
export function payloadOf(name: string, digest: string, type = cosignType): Buffer {
  const critical = {
    identity: { 'docker-reference': name },
    image: { 'docker-manifest-digest': digest },
    type,
  }
  return Buffer.from(JSON.stringify({ critical, optional: null }))
}

/** A signature over a payload, by the scheme that cosign uses for this kind of key. */
export function signatureOf(key: KeyObject, payload: Buffer): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', payload, key)
}

/** Signatures of an image as `cosign sign --key` puts them into a registry; push them as `signatureTag` says. */
export function signatures(
  ...made: readonly { key: KeyObject; payload: Buffer; stored?: Buffer }[]
): TestImage {
  const config = Buffer.from('{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":[]}}')
  const layers = made.map(({ key, payload, stored = payload }) => ({
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    ...descriptor(stored),
    annotations: {
      'dev.cosignproject.cosign/signature': signatureOf(key, payload).toString('base64'),
    },
  }))
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        ...descriptor(config),
      },
      layers,
    }),
  )
  const blobs = [config, ...made.map(({ payload, stored = payload }) => stored)]
  return {
    manifest: { bytes: manifest, digest: digestOf(manifest), mediaType },
    blobs: blobs.map((bytes) => ({ bytes, digest: digestOf(bytes) })),
    diffIds: [],
  }
}

/** What a newer cosign signs, as a sigstore bundle. */
export function bundleOf(
  key: KeyObject,
  digest: string,
  predicateType = 'https://sigstore.dev/cosign/sign/v1',
): Buffer {
  const payloadType = 'application/vnd.in-toto+json'
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType,
    predicate: {},
  }
  const content = Buffer.from(JSON.stringify(statement))
  const sig = signatureOf(key, preAuthentication(payloadType, content)).toString('base64')
  return Buffer.from(
    JSON.stringify({
      mediaType: bundleType,
      verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
      dsseEnvelope: {
        payload: content.toString('base64'),
        payloadType,
        signatures: [{ sig, keyid: '' }],
      },
    }),
  )
}

/** The manifest that has a bundle refer to an image, with its blobs. */
export function bundleManifest(bundle: Buffer, subject: TestImage['manifest']): TestImage {
  const empty = Buffer.from('{}')
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      artifactType: bundleType,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', ...descriptor(empty) },
      layers: [{ mediaType: bundleType, ...descriptor(bundle) }],
      subject: { mediaType: subject.mediaType, ...descriptor(subject.bytes) },
    }),
  )
  const blobs = [empty, bundle].map((blob) => ({ bytes: blob, digest: digestOf(blob) }))
  return { manifest: { bytes, digest: digestOf(bytes), mediaType }, blobs, diffIds: [] }
}

/** The list of what refers to an image, which a registry without the referrers API has under a tag. */
export function referrers(...manifests: readonly TestImage['manifest'][]): TestImage {
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const described = manifests.map(({ bytes, mediaType: type }) => ({
    mediaType: type,
    ...descriptor(bytes),
    artifactType: bundleType,
  }))
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: described }))
  return { manifest: { bytes, digest: digestOf(bytes), mediaType }, blobs: [], diffIds: [] }
}

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const cosignType = 'cosign container image signature'

function descriptor(bytes: Buffer) {
  return { digest: digestOf(bytes), size: bytes.length }
}
