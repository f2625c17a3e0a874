import { long, short, sized } from './wire.ts'

/** What may hash, as configs of clevis and the programs of tpm2-tools name it, with the TPM's number for it. */
const hashes: Readonly<Record<string, number>> = {
  sha1: 0x04,
  sha256: 0x0b,
  sha384: 0x0c,
  sha512: 0x0d,
}

const none = short(0x10)
const rsa = short(0x01)
const keyedHash = short(0x08)
const ecc = short(0x23)
const aes128cfb = [0x06, 128, 0x43].map(short)
const nothing = sized()

const fixedTpm = 1 << 1
const fixedParent = 1 << 4
const sensitiveDataOrigin = 1 << 5
const userWithAuth = 1 << 6
const adminWithPolicy = 1 << 7
const noDictionaryAttack = 1 << 10
const restricted = 1 << 16
const decrypts = 1 << 17

/** Undefined for a hash that is not known. */
export function hashNumber(name: string): number | undefined {
  return Object.hasOwn(hashes, name) ? hashes[name] : undefined
}

/**
 * The public part of the key below which clevis seals: what tpm2_createprimary makes unless told otherwise. Being a
 * function of the TPM's seed and of this alone, it is kept nowhere and made whenever it is needed. Undefined for kinds
 * that are not known.
 */
export function parentTemplate(kind: string, hash: number): Buffer | undefined {
  const attributes =
    fixedTpm | fixedParent | sensitiveDataOrigin | userWithAuth | restricted | decrypts
  const rest = Object.hasOwn(parentKinds, kind) ? parentKinds[kind] : undefined
  if (rest === undefined) return undefined
  const [type, ...parameters] = rest
  return Buffer.concat([type, short(hash), long(attributes), nothing, ...parameters])
}

type Template = readonly [type: Buffer, ...parameters: Buffer[]]

const parentKinds: Readonly<Record<string, Template>> = {
  ecc: [ecc, ...aes128cfb, none, /* P-256 */ short(3), none, nothing, nothing],
  rsa: [rsa, ...aes128cfb, none, short(2048), /* the usual exponent */ long(0), nothing],
}

/** The public part of data that is sealed to no registers: who may speak to the TPM gets it back. */
export function sealedTemplate(hash: number): Buffer {
  const attributes = fixedTpm | fixedParent | userWithAuth | adminWithPolicy | noDictionaryAttack
  return Buffer.concat([keyedHash, short(hash), long(attributes), nothing, none, nothing])
}

/** Registers of one bank, by their numbers (TPML_PCR_SELECTION). */
export function registerSelection(hash: number, registers: readonly number[]): Buffer {
  const bits = registers.reduce((sum, register) => sum | (1 << register), 0)
  const selected = [0, 8, 16].map((shift) => (bits >> shift) & 0xff)
  return Buffer.concat([long(1), short(hash), Buffer.of(selected.length, ...selected)])
}

export const noRegisters = long(0)
