import { familiar, parseReference } from '../../images/reference.ts'
import { HttpError } from '../http-error.ts'

/** Whether a pattern of Docker's filter `reference` fits a canonical name: with its tag or without. */
export function matchesName(pattern: string, name: string): boolean {
  const whole = familiar(name)
  const { digest, tag } = parseReference(name)
  const suffix = digest === undefined ? `:${tag}` : `@${digest}`
  const expression = expressionOf(pattern)
  return expression.test(whole) || expression.test(whole.slice(0, whole.length - suffix.length))
}

/** The pattern of Go's path.Match: `*` and `?` stop at a slash, `[a-z]` is one of a class. */
function expressionOf(pattern: string): RegExp {
  const part = /\*+|\?|\[\^?(?:\\.|[^\]\\])+\]|\\.|[\s\S]/g
  const translated = (pattern.match(part) ?? []).map((one) => {
    if (one.startsWith('*')) return '[^/]*'
    if (one === '?') return '[^/]'
    if (one.startsWith('[') && one.length > 1) return one
    return one.replace(/^\\/, '').replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
  })
  try {
    return new RegExp(`^${translated.join('')}$`)
  } catch {
    throw new HttpError(400, `invalid filter 'reference=${pattern}'`)
  }
}
