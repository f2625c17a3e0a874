import { readEncrypted } from '../../clevis/encryption.ts'
import { decryptSecret, firstOf, type Holders } from '../../clevis/secret.ts'
import { clevisErrors } from '../../errors/clevis.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../sources/failure.ts'
import { runProgram } from './program.ts'
import { readTokens, type Token } from './tokens.ts'

/** A key of a volume, and the slot that it opens. */
export type FoundKey = { readonly key: Buffer; readonly slot: string }

/**
 * Opens a volume by what its header says: by the TPM where it is bound to it alone, otherwise by the first tang server
 * that gives the key, or as many holders of a share as it takes, of which the TPM may be one.
 * @throws what the last of them said
 */
export async function openBound(
  device: string,
  name: string,
  { holders, log }: { readonly holders: Holders; readonly log: Pick<Log, 'info'> },
): Promise<void> {
  const { tokens } = await readTokens(device)
  const others = tokens.filter(({ type }) => type === 'clevis')
  if (others.length === 0 || tokens.some(({ type }) => type === 'systemd-tpm2'))
    try {
      return await openByTpm(device, name)
    } catch (error) {
      if (others.length === 0) throw error
      log.info(`the TPM does not open ${name}: ${reasonOf(error)}`)
    }
  const { key, slot } = await keyByClevis(others, holders)
  const parameters = ['open', '--type', 'luks2', '--key-slot', slot, '--key-file', '-']
  await runProgram('cryptsetup', [...parameters, device, name], { input: key })
}

/** The key that those who hold it for one of the tokens give back. */
export async function keyByClevis(tokens: readonly Token[], holders: Holders): Promise<FoundKey> {
  const tries = tokens.map(({ jwe, slots: [slot = '0'] }) => async (signal: AbortSignal) => {
    const encrypted = readEncrypted(jwe)
    if (encrypted === undefined)
      throw clevisErrors.error('SLIPWAY_CLEVIS_SECRET', { reason: 'it is not encrypted text' })
    return { key: await decryptSecret(encrypted, holders, signal), slot }
  })
  const [found] = await firstOf(tries, 1)
  if (found === undefined) throw new RangeError('one key was waited for')
  return found
}

/** Opens a volume by what systemd-cryptenroll left in its header; the module is there. */
export async function openByTpm(device: string, name: string): Promise<void> {
  const token = ['--token-only', '--token-type', 'systemd-tpm2']
  await runProgram('cryptsetup', ['open', '--type', 'luks2', ...token, device, name])
}
