import { JsonShapeError, object, parseJson, text } from '../../json/value.ts'
import type { Answer } from './post.ts'

/** What a lock server said. */
export type LockAnswer =
  | { readonly kind: 'granted' }
  | {
      readonly kind: 'refused'
      readonly status: number
      /** The server's name for the reason, such as `failed_lock_semaphore_full`; `unknown` when it gave none. */
      readonly errorKind: string
      /** The server's words for people. */
      readonly reason: string
    }

/** FleetLock: 200 grants, everything else refuses, mostly with `{ kind, value }`. */
export function answerOf({ status, body }: Answer): LockAnswer {
  if (status === 200) return { kind: 'granted' }
  const refused = { kind: 'refused', status } as const
  try {
    const { kind, value } = object(parseJson(Buffer.from(body)), 'the answer')
    return {
      ...refused,
      errorKind: printable(text(kind, 'kind'), 64),
      reason: printable(text(value, 'value'), 512),
    }
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error
    return { ...refused, errorKind: 'unknown', reason: `the server answered with status ${status}` }
  }
}

/** Someone else's words in our journal: one line, of a length. */
function printable(words: string, maximumLength: number): string {
  return words.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, maximumLength)
}
