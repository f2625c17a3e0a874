import { noRegisters } from './templates.ts'
import { byte, type FieldReader, long, short, sized } from './wire.ts'

/** What a TPM is told, and how its answer is read (TPM 2.0 Library, part 3). */
export type TpmCommand<Result> = {
  readonly name: string
  readonly bytes: Buffer
  /** Reads what follows the header of an answer that is no refusal. */
  readonly read: (fields: FieldReader) => Result
}

/** Something in the TPM's memory: a key, sealed data, a session. */
export type Handle = number

/** Sealed data outside of the TPM, each part as the TPM wrote it, with its size. */
export type Sealed = { readonly publicPart: Buffer; readonly privatePart: Buffer }

const withSessions = 0x8002
const withoutSessions = 0x8001
const owner = 0x40000001
const nobody = 0x40000007
const emptyPassword = 0x40000009
const policySession = 0x01
const noAlgorithm = 0x10

/** Makes the key of the owner's hierarchy that a template tells. */
export function createPrimary(template: Buffer): TpmCommand<Handle> {
  const parameters = [sized(sized(), sized()), sized(template), sized(), noRegisters]
  return authorized('CreatePrimary', 0x131, owner, parameters, (fields) => fields.long())
}

/** Seals data below a key. */
export function seal(parent: Handle, data: Uint8Array, template: Buffer): TpmCommand<Sealed> {
  const parameters = [sized(sized(), sized(data)), sized(template), sized(), noRegisters]
  return authorized('Create', 0x153, parent, parameters, (fields) => {
    fields.long()
    const privatePart = sized(fields.sized())
    return { privatePart, publicPart: sized(fields.sized()) }
  })
}

/** Brings sealed data into the TPM. */
export function load(parent: Handle, { publicPart, privatePart }: Sealed): TpmCommand<Handle> {
  const parameters = [privatePart, publicPart]
  return authorized('Load', 0x157, parent, parameters, (fields) => fields.long())
}

/** Has the TPM give sealed data back; `session` is one that told it of registers. The session ends with it. */
export function unseal(sealed: Handle, session: Handle = emptyPassword): TpmCommand<Buffer> {
  const read = (fields: FieldReader) => {
    fields.long()
    return fields.sized()
  }
  return authorized('Unseal', 0x15e, sealed, [], read, session)
}

/** Starts a session that may be told of registers. Nothing goes through it that it would have to hide. */
export function startPolicySession(nonce: Uint8Array, hash: number): TpmCommand<Handle> {
  const kind = [byte(policySession), short(noAlgorithm), short(hash)]
  const fields = [long(nobody), long(nobody), sized(nonce), sized(), ...kind]
  return command('StartAuthSession', withoutSessions, 0x176, fields, (answer) => answer.long())
}

/** Tells a session what registers hold now; `selection` is that of `registerSelection`. */
export function policyRegisters(session: Handle, selection: Buffer): TpmCommand<void> {
  const fields = [long(session), sized(), selection]
  return command('PolicyPCR', withoutSessions, 0x17f, fields, () => undefined)
}

/** Takes something out of the TPM's memory. */
export function flush(handle: Handle): TpmCommand<void> {
  return command('FlushContext', withoutSessions, 0x165, [long(handle)], () => undefined)
}

function authorized<Result>(
  name: string,
  code: number,
  handle: Handle,
  parameters: readonly Buffer[],
  read: (fields: FieldReader) => Result,
  session: Handle = emptyPassword,
): TpmCommand<Result> {
  const authorization = Buffer.concat([long(session), sized(), byte(0), sized()])
  const fields = [long(handle), long(authorization.length), authorization, ...parameters]
  return command(name, withSessions, code, fields, read)
}

function command<Result>(
  name: string,
  tag: number,
  code: number,
  fields: readonly Buffer[],
  read: (fields: FieldReader) => Result,
): TpmCommand<Result> {
  const body = Buffer.concat([long(code), ...fields])
  const bytes = Buffer.concat([short(tag), long(body.length + 6), body])
  return { name: `TPM2_${name}`, bytes, read }
}
