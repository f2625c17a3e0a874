import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { createPrimary, flush, load, policyRegisters, seal, unseal } from './commands.ts'
import { readAnswer, run, type TpmConnection, using } from './connection.ts'
import { parentTemplate, registerSelection, sealedTemplate } from './templates.ts'
import { isSized } from './wire.ts'

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex')
/** The size that all commands and answers have after their tag is left out in what the tests have written. */
const framed = (text: string) => {
  const bytes = hex(text)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(bytes.length + 4)
  return Buffer.concat([bytes.subarray(0, 2), size, bytes.subarray(2)])
}
const sha256 = 0x0b
const password = '00000009 40000009 0000 00 0000'

test('the key below which data is sealed is the one of tpm2_createprimary', () => {
  const template = parentTemplate('ecc', sha256)
  assert.ok(template)
  const expected = `8002 00000131 40000001 ${password}
    0004 0000 0000
    001a 0023 000b 00030072 0000 0006 0080 0043 0010 0003 0010 0000 0000
    0000 00000000`
  assert.deepEqual(createPrimary(template).bytes, framed(expected))
})

test('data is sealed, loaded and unsealed by the commands of the specification', () => {
  const parent = 0x80000000
  const sealing = `8002 00000153 80000000 ${password}
    0006 0000 0002 abcd
    000e 0008 000b 000004d2 0000 0010 0000
    0000 00000000`
  assert.deepEqual(seal(parent, hex('abcd'), sealedTemplate(sha256)).bytes, framed(sealing))
  const sealed = { privatePart: hex('0001 aa'), publicPart: hex('0002 bbbb') }
  const loading = `8002 00000157 80000000 ${password} 0001aa 0002bbbb`
  assert.deepEqual(load(parent, sealed).bytes, framed(loading))
  const unsealing = '8002 0000015e 80000001 00000009 03000000 0000 00 0000'
  assert.deepEqual(unseal(0x80000001, 0x03000000).bytes, framed(unsealing))
  assert.deepEqual(flush(parent).bytes, framed('8001 00000165 80000000'))
})

test('registers are bits of three bytes', () => {
  const selection = registerSelection(sha256, [0, 7, 8, 23])
  assert.deepEqual(selection, hex('00000001 000b 03 810180'))
  const told = '8001 0000017f 03000000 0000 00000001 000b 03 810180'
  assert.deepEqual(policyRegisters(0x03000000, selection).bytes, framed(told))
})

test('a sealed part is one sized field, and the answers that have it are read', () => {
  const answer = '8002 00000000 00000009 0001 aa 0002 bbbb 0000 0000 0000 0000 00 0000 00'
  const command = seal(0x80000000, hex('ab'), sealedTemplate(sha256))
  const { privatePart, publicPart } = readAnswer(command, framed(answer))
  assert.deepEqual([privatePart, publicPart], [hex('0001 aa'), hex('0002 bbbb')])
  assert.ok(isSized(privatePart))
  for (const other of ['', '00', '0000', '0002 aa', '0001 aabb'])
    assert.ok(!isSized(hex(other)), other)
})

test('answers that are cut short anywhere are told apart', () => {
  const whole = framed('8002 00000000 0000000d 0002 abcd 0000 00 00')
  const command = unseal(0x80000001)
  assert.deepEqual(readAnswer(command, whole), hex('abcd'))
  const isCut = (error: unknown) => isSlipwayError(error, 'SLIPWAY_TPM_SILENT')
  for (let length = 0; length < whole.length; length += 1)
    assert.throws(() => readAnswer(command, whole.subarray(0, length)), isCut)
  for (let length = 10; length < 18; length += 1) {
    const short = Buffer.from(whole.subarray(0, length))
    short.writeUInt32BE(length, 2)
    assert.throws(() => readAnswer(command, short), isCut, String(length))
  }
})

const refused = (code: string) => framed(`8001 ${code}`)
const parent = { publicPart: hex('0001 aa'), privatePart: hex('0001 aa') }
const refusals: [code: string, name: string, message: RegExp][] = [
  ['000001df', 'FOREIGN', /sealed by another TPM/],
  ['0000099d', 'REGISTERS', /registers are not as they were/],
  ['000009a2', 'REFUSED', /refuses TPM2_Load: 0x9a2, the owner’s hierarchy has a password/],
  ['00000921', 'REFUSED', /0x921, it is locked/],
  ['00000902', 'REFUSED', /TPM2_Load: 0x902$/],
]
for (const [code, name, message] of refusals)
  test(`the refusal ${code} is told as what it means`, () => {
    assert.throws(
      () => readAnswer(load(1, parent), refused(code)),
      (error: unknown) => {
        assert.ok(isSlipwayError(error, `SLIPWAY_TPM_${name}`), String(error))
        assert.match(error.message, message)
        return true
      },
    )
  })

/** A TPM that gives these answers, and keeps what it was told. */
function answering(...answers: readonly Buffer[]): TpmConnection & { readonly told: string[] } {
  const left = [...answers]
  const told: string[] = []
  return {
    told,
    async exchange(name) {
      told.push(name)
      return left.shift() ?? refused('00000101')
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

test('a TPM that is busy with itself is told again', async () => {
  const busy = ['00000922', '0000090a', '00000908'].map(refused)
  const tpm = answering(...busy, framed('8001 00000000'))
  await run(tpm, flush(1))
  assert.equal(tpm.told.length, 4)
})

test('what was brought into a TPM is taken out again, whatever comes of it', async () => {
  const loaded = framed('8002 00000000 80000001')
  const done = framed('8001 00000000')
  const tpm = answering(loaded, done, loaded, done, refused('00000902'))
  assert.equal(await using(tpm, load(1, parent), async (handle) => handle), 0x80000001)
  const fails = () => Promise.reject(new Error('of its use'))
  await assert.rejects(using(tpm, load(1, parent), fails), /^Error: of its use$/)
  await assert.rejects(using(tpm, load(1, parent), fails), /0x902/)
  const both = ['TPM2_Load', 'TPM2_FlushContext']
  assert.deepEqual(tpm.told, [...both, ...both, 'TPM2_Load'])
})
