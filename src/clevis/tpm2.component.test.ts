import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { compact, type Encrypted, readEncrypted } from './encryption.ts'
import { type SoftwareTpm, startSoftwareTpm } from './testing/software-tpm.ts'
import { decryptByTpm, encryptToTpm, readTpmSecret } from './tpm2.ts'

const secret = Buffer.from('a secret of 42 characters and\0a byte more')

/** Asynchronous, since servers are in this process. */
function program(
  tpm: SoftwareTpm,
  file: string,
  parameters: readonly string[],
  input: string | Buffer = '',
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...tpm.environment }
    const options = { encoding: 'buffer' as const, env }
    const child = execFile(file, parameters, options, (error, output, said) => {
      if (error === null) resolve(output)
      else reject(new Error(`${error.message}\n${said}`))
    })
    child.stdin?.end(input)
  })
}

async function open(encrypted: unknown, tpm: SoftwareTpm): Promise<Buffer> {
  const read = readEncrypted(encrypted)
  assert.ok(read)
  return await decryptByTpm(readTpmSecret(read), tpm.open)
}

function isError(code: string) {
  return (error: unknown) => {
    assert.ok(isSlipwayError(error, code), String(error))
    return true
  }
}

test('a TPM gives back what it sealed, again and again, and has nothing left in its memory', async () => {
  await using tpm = await startSoftwareTpm()
  const encrypted = compact(await encryptToTpm(secret, tpm.open))
  for (let time = 0; time < 5; time += 1) assert.deepEqual(await open(encrypted, tpm), secret)
  for (const kind of ['transient', 'loaded-session'])
    assert.equal((await program(tpm, 'tpm2', ['getcap', `handles-${kind}`])).toString(), '')
})

test('clevis opens what was sealed here', async () => {
  await using tpm = await startSoftwareTpm()
  const encrypted = compact(await encryptToTpm(secret, tpm.open))
  assert.deepEqual(await program(tpm, 'clevis', ['decrypt'], encrypted), secret)
})

const settings: object[] = [
  {},
  { hash: 'sha1' },
  { hash: 'sha384', key: 'rsa' },
  { pcr_ids: '0,7,16' },
  { pcr_ids: ['16', '23'], hash: 'sha384', pcr_bank: 'sha384' },
]
for (const each of settings)
  test(`what clevis sealed with ${JSON.stringify(each)} is opened here`, async () => {
    await using tpm = await startSoftwareTpm()
    const config = JSON.stringify({ pcr_bank: 'sha256', ...each })
    const sealed = await program(tpm, 'clevis', ['encrypt', 'tpm2', config], secret)
    assert.deepEqual(await open(sealed.toString(), tpm), secret)
  })

test('registers that are others keep it, and the error says so', async () => {
  await using tpm = await startSoftwareTpm()
  const config = JSON.stringify({ pcr_bank: 'sha256', pcr_ids: '16' })
  const sealed = (await program(tpm, 'clevis', ['encrypt', 'tpm2', config], secret)).toString()
  await program(tpm, 'tpm2', ['pcrextend', `16:sha256=${'a'.repeat(64)}`])
  for (let time = 0; time < 5; time += 1)
    await assert.rejects(open(sealed, tpm), isError('SLIPWAY_TPM_REGISTERS'))
  await program(tpm, 'tpm2', ['pcrreset', '16'])
  assert.deepEqual(await open(sealed, tpm), secret)
})

test('another TPM does not open it, nor the same one after it was cleared', async () => {
  await using tpm = await startSoftwareTpm()
  await using other = await startSoftwareTpm()
  const encrypted = compact(await encryptToTpm(secret, tpm.open))
  await assert.rejects(open(encrypted, other), isError('SLIPWAY_TPM_FOREIGN'))
  await program(tpm, 'tpm2', ['clear'])
  await assert.rejects(open(encrypted, tpm), isError('SLIPWAY_TPM_FOREIGN'))
})

test('what a TPM refuses is told with its code', async () => {
  await using tpm = await startSoftwareTpm()
  await program(tpm, 'tpm2', ['changeauth', '-c', 'owner', 'password'])
  await assert.rejects(encryptToTpm(secret, tpm.open), (error: unknown) => {
    assert.ok(isSlipwayError(error, 'SLIPWAY_TPM_REFUSED'), String(error))
    assert.match(error.message, /TPM2_CreatePrimary: 0x9a2, .*password/)
    return true
  })
})

test('what was changed outside of the TPM is refused', async () => {
  await using tpm = await startSoftwareTpm()
  const encrypted = await encryptToTpm(secret, tpm.open)
  const { hash, key, jwk_pub, jwk_priv } = (
    encrypted.header.clevis as { tpm2: Record<string, string> }
  ).tpm2
  const changed = (tpm2: object): Encrypted => ({
    ...encrypted,
    header: { ...encrypted.header, clevis: { pin: 'tpm2', tpm2 } },
  })
  const opened = async (tpm2: object) => decryptByTpm(readTpmSecret(changed(tpm2)), tpm.open)
  const whole = { hash, key, jwk_pub, jwk_priv }
  assert.ok(jwk_priv)
  const flipped = Buffer.from(jwk_priv, 'base64url')
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
  const broken = { ...whole, jwk_priv: flipped.toString('base64url') }
  await assert.rejects(opened(broken), isError('SLIPWAY_TPM_FOREIGN'))
  for (const change of [
    { jwk_priv: undefined },
    { jwk_pub: 'AAAA' },
    { jwk_pub: `${jwk_pub}AAAA` },
    { hash: 'md5' },
    { hash: 'toString' },
    { key: 'toString' },
    { pcr_ids: '24', pcr_bank: 'sha256' },
    { pcr_ids: '7' },
    { pcr_ids: 7, pcr_bank: 'sha256' },
  ])
    await assert.rejects(
      opened({ ...whole, ...change }),
      isError('SLIPWAY_CLEVIS_SECRET'),
      JSON.stringify(change),
    )
})
