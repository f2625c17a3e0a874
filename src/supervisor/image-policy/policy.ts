import { readFile } from 'node:fs/promises'
import { imagesErrors } from '../../errors/images.ts'
import { describeError, type Log } from '../../journal/log.ts'
import { formatReference, parseReference } from '../images/reference.ts'
import type { RequestOptions } from '../images/registry.ts'
import type { Sources } from '../images/sources.ts'
import type { Reference } from '../images/types.ts'
import { fetchSignatures, signatureTag } from './cosign-signatures.ts'
import { isSignedBy, type PublicKey, readPublicKey } from './public-key.ts'
import { type Rule, ruleFor } from './rule.ts'
import { fetchBundles } from './sigstore-bundles.ts'
import { type FoundSignatures, type SignedImage, understood } from './stored-signature.ts'

/** That an image was found to be signed, as its record keeps it. */
export type Verification = {
  /** The fingerprint of the key. */
  readonly key: string
  /** What it was signed as: `registry/repository`. */
  readonly repository: string
}

type KeyFile = { readonly file: string } & (
  | { readonly key: PublicKey }
  | { readonly problem: string }
)

/** Which images may be used. Without rules all may. */
export class ImagePolicy {
  readonly #rules: readonly Rule[]
  readonly #keys: ReadonlyMap<string, KeyFile>

  private constructor(rules: readonly Rule[], keys: ReadonlyMap<string, KeyFile>) {
    this.#rules = rules
    this.#keys = keys
  }

  /** For a host that asks for nothing. */
  static readonly open = new ImagePolicy([], new Map())

  /**
   * Reads the keys of all rules. One that cannot be read is reported, and verifies nothing: an image that
   * needs it is refused.
   */
  static async load(rules: readonly Rule[], log: Pick<Log, 'error'>): Promise<ImagePolicy> {
    const files = new Set(
      rules.flatMap(({ require }) => (require.kind === 'cosign' ? require.keyFiles : [])),
    )
    const keys = new Map<string, KeyFile>()
    for (const file of files) {
      const read = await readKeyFile(file)
      if ('problem' in read) log.error(`the key ${file} of images.policy: ${read.problem}`)
      keys.set(file, read)
    }
    return new ImagePolicy(rules, keys)
  }

  /**
   * Checks what a name alone tells, before anything is asked for.
   *
   * @throws SLIPWAY_IMAGES_REFUSED_BY_POLICY
   */
  checkName(reference: Reference): void {
    const rule = ruleFor(reference, this.#rules)
    if (rule?.require.kind === 'refused') throw refused(reference, rule, 'no image of it is used')
    if (rule?.require.kind === 'digest' && reference.digest === undefined)
      throw refused(reference, rule, 'it is not named by its digest')
  }

  /**
   * Finds a signature of an image that a rule asks for; undefined when none is asked for.
   *
   * @param digests of what the name means, and of the manifest for this platform
   * @throws SLIPWAY_IMAGES_REFUSED_BY_POLICY, and as `RegistryClient.getSmall`
   */
  async verify(
    reference: Reference,
    digests: readonly string[],
    sources: Sources,
    options: RequestOptions,
  ): Promise<Verification | undefined> {
    const rule = ruleFor(reference, this.#rules)
    if (rule === undefined || rule.require.kind !== 'cosign') return undefined
    const { keyFiles, anyRepository } = rule.require
    const keys = this.#keysOf(keyFiles)
    const image = { reference, digests: [...new Set(digests)], anyRepository }
    const problems = keys.flatMap((each) =>
      'problem' in each ? [`the key ${each.file} cannot be used: ${each.problem}`] : [],
    )
    const usable = keys.flatMap((each) => ('key' in each ? [each.key] : []))
    // A mirror may not have what the registry has since.
    for (const source of new Set([sources.best, sources.origin]))
      for (const digest of image.digests)
        for (const fetch of anyRepository ? [fetchSignatures, fetchBundles] : [fetchSignatures]) {
          const found = await fetch(sources.client, source, digest, options)
          const signer = signerOf(found, image, usable, problems)
          if (signer !== undefined)
            return { key: signer.fingerprint, repository: repositoryOf(image) }
        }
    const none = `it has no signature (${image.digests.map(signatureTag).join(', ')})`
    throw refused(reference, rule, [...new Set(problems)].join('; ') || none)
  }

  /** Why an image that is here may not be used by a name; undefined if it may. */
  objection(record: {
    readonly reference: string | undefined
    readonly verification?: Verification
  }): Error | undefined {
    const reference: Reference =
      record.reference === undefined
        ? { registry: '', repository: '' }
        : parseReference(record.reference)
    try {
      this.checkName(reference)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
    const rule = ruleFor(reference, this.#rules)
    if (rule === undefined || rule.require.kind !== 'cosign') return undefined
    const { key, repository } = record.verification ?? {}
    const isKnown = this.#keysOf(rule.require.keyFiles).some(
      (each) => 'key' in each && each.key.fingerprint === key,
    )
    const isSame = repository === `${reference.registry}/${reference.repository}`
    if (isKnown && (isSame || record.reference === undefined)) return undefined
    return refused(reference, rule, 'no signature of it was verified when it came to this host')
  }

  #keysOf(files: readonly string[]): KeyFile[] {
    return files.flatMap((file) => this.#keys.get(file) ?? [])
  }
}

/** The key that made a signature of an image; undefined after it was noted what is wrong with all of them. */
function signerOf(
  found: FoundSignatures,
  image: SignedImage,
  keys: readonly PublicKey[],
  problems: string[],
): PublicKey | undefined {
  problems.push(...found.problems)
  for (const { signed, signature, objection } of found.signatures) {
    const signer = keys.find((key) => isSignedBy(key, signed, signature))
    if (signer === undefined) problems.push('a signature is by none of the keys')
    else {
      const noted = problems.length
      const problem = understood(() => objection(image), problems)
      if (problem !== undefined) problems.push(problem)
      if (problems.length === noted) return signer
    }
  }
  return undefined
}

async function readKeyFile(file: string): Promise<KeyFile> {
  try {
    return { file, key: readPublicKey(await readFile(file, 'utf8')) }
  } catch (error) {
    return { file, problem: describeError(error) }
  }
}

function repositoryOf({ reference: { registry, repository } }: SignedImage): string {
  return `${registry}/${repository}`
}

function refused(reference: Reference, { scope, require }: Rule, reason: string) {
  const image = reference.repository === '' ? 'An image without a name' : formatReference(reference)
  return imagesErrors.error('SLIPWAY_IMAGES_REFUSED_BY_POLICY', {
    image,
    scope,
    requirement: require.kind,
    reason,
  })
}
