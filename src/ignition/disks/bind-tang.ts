import { randomBytes } from 'node:crypto'
import { type Encrypted, flattened } from '../../clevis/encryption.ts'
import { decryptSecret } from '../../clevis/secret.ts'
import { encryptToSeveral } from '../../clevis/sharing.ts'
import { encryptToTang } from '../../clevis/tang.ts'
import { encryptToTpm } from '../../clevis/tpm2.ts'
import { withKeyFile } from './key-file.ts'
import { runProgram } from './program.ts'
import type { BindTangStep } from './step.ts'
import { serverKey, type TangAccess } from './tang-servers.ts'
import { readTokens } from './tokens.ts'
import { settle } from './udev.ts'

/** The key is random and long: nobody guesses it, however fast a try is. */
const quick = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000']

/**
 * Adds a key that only the tang servers of a step give back, with the TPM among those who hold a share where the step
 * says so, and a token that tells of it, as clevis would: it can open the volume too. Where the servers could be asked
 * for what they advertise, they are asked for the key as well, so that one that would not open the volume is found now.
 */
export async function bindToTang(
  step: BindTangStep,
  key: Buffer | undefined,
  tang: TangAccess,
): Promise<void> {
  if (key === undefined) throw new TypeError('a volume is bound while its key is known')
  const { device, urls, threshold } = step
  const passphrase = Buffer.from(randomBytes(32).toString('base64url'))
  const servers = urls.map((url) => (secret: Buffer): Encrypted => {
    const advertisement = tang.advertisements.get(serverKey(step, url))
    if (advertisement === undefined) throw new TypeError(`${url} was not asked before`)
    return encryptToTang(secret, url, advertisement)
  })
  const [only] = servers
  const sealByTpm = (share: Buffer) => encryptToTpm(share, tang.openTpm)
  const holders = step.withTpm ? [sealByTpm, ...servers] : servers
  const encrypted =
    threshold > 1 || only === undefined
      ? await encryptToSeveral(passphrase, threshold, holders)
      : only(passphrase)
  const slot = String((await readTokens(device)).freeSlot)
  await withKeyFile(passphrase, (file) =>
    runProgram(
      'cryptsetup',
      [
        ...['luksAddKey', '--batch-mode', '--key-slot', slot, ...quick, '--key-file', '-'],
        ...[device, file],
      ],
      { input: key },
    ),
  )
  const token = { type: 'clevis', keyslots: [slot], jwe: flattened(encrypted) }
  const parameters = ['token', 'import', '--json-file', '-', device]
  await runProgram('cryptsetup', parameters, { input: JSON.stringify(token) })
  if (step.isProven) {
    const input = await decryptSecret(encrypted, tang)
    const test = ['open', '--test-passphrase', '--key-slot', slot, '--key-file', '-', device]
    await runProgram('cryptsetup', test, { input })
  }
  await settle(device)
}
