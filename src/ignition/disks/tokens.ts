import { object, optional, parseJson, text, texts } from '../../json/value.ts'
import { runProgram } from './program.ts'

/** What tells in a volume's header how one of its keys is had. */
export type Token = {
  readonly type: string
  readonly slots: readonly string[]
  /** What clevis keeps in its tokens. */
  readonly jwe: unknown
}

export type VolumeTokens = {
  readonly tokens: readonly Token[]
  /** The first key slot that is free. */
  readonly freeSlot: number
}

/** Reads the tokens of a volume of LUKS2. */
export async function readTokens(device: string): Promise<VolumeTokens> {
  const { output } = await runProgram('cryptsetup', ['luksDump', '--dump-json-metadata', device])
  const metadata = object(parseJson(output), 'metadata')
  const slots = Object.keys(object(metadata.keyslots, 'keyslots'))
  const tokens = Object.values(optional(metadata.tokens, 'tokens', object) ?? {}).map((each) => {
    const token = object(each, 'token')
    return {
      type: text(token.type, 'type'),
      slots: texts(token.keyslots, 'keyslots'),
      jwe: token.jwe,
    }
  })
  const freeSlot = Array.from({ length: 32 }, (_, slot) => slot).find(
    (slot) => !slots.includes(String(slot)),
  )
  return { tokens, freeSlot: freeSlot ?? 0 }
}
