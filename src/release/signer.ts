import type { Metadata, Root } from '@tufjs/models'
import { findKeys, type KeyPlaces, neededKeys } from './key-directory.ts'
import { type AnyMetadata, type RoleName, roleOf } from './roles.ts'
import type { RootChain } from './root-chain.ts'
import { signatureBy } from './signing-key.ts'

/** Signs metadata with the keys that are at hand. */
export class Signer {
  readonly #newest: Metadata<Root>
  readonly #chain: RootChain
  readonly #places: KeyPlaces

  constructor(newest: Metadata<Root>, chain: RootChain, places: KeyPlaces) {
    this.#newest = newest
    this.#chain = chain
    this.#places = places
  }

  async hasKeys(role: RoleName): Promise<boolean> {
    const { keyIds, threshold } = roleOf(this.#newest, role)
    return (await findKeys(role, keyIds, this.#places)).length >= threshold
  }

  /**
   * Signs with the newest root's keys, and with those of older roots whose files are still here: hosts,
   * and the directory that is served, come to the newest root later than we do.
   */
  async sign<Signed extends AnyMetadata>(role: RoleName, metadata: Signed): Promise<Signed> {
    const { keyIds } = roleOf(this.#newest, role)
    const older = [...new Set(this.#chain.flatMap((root) => roleOf(root, role).keyIds))].filter(
      (keyId) => !keyIds.includes(keyId),
    )
    const keys = [
      ...(await neededKeys(this.#newest, role, this.#places)),
      ...(await findKeys(role, older, this.#places)),
    ]
    for (const key of keys) metadata.sign(signatureBy(key))
    return metadata
  }
}
