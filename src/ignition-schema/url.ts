/**
 * What of a URL the rules need. It is read as Go's net/url does, by which the reference
 * implementation judges: more leniently than the WHATWG's URL in most places, less so in a few.
 */
export type ParsedUrl = {
  /** In lower case; empty when there is none. */
  readonly scheme: string
  /** What follows the scheme when that is not a slash. */
  readonly opaque: string
  readonly query: string
}

/** Parses a URL or relative reference; undefined when it is none. */
export function parseUrl(url: string): ParsedUrl | undefined {
  const [beforeFragment = '', fragment = ''] = splitAt(url, '#')
  if (/[\0-\x1f\x7f]/.test(beforeFragment) || !isEscaped(fragment)) return undefined
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(beforeFragment)?.[0]
  if (scheme === undefined && beforeFragment.startsWith(':')) return undefined
  const rest = scheme === undefined ? beforeFragment : beforeFragment.slice(scheme.length + 1)
  const [beforeQuery = '', query = ''] = splitAt(rest, '?')
  const parsed = { scheme: scheme?.toLowerCase() ?? '', opaque: '', query }
  if (!beforeQuery.startsWith('/')) {
    if (scheme !== undefined) return { ...parsed, opaque: beforeQuery }
    const [firstStep = ''] = beforeQuery.split('/', 1)
    return firstStep.includes(':') || !isEscaped(beforeQuery) ? undefined : parsed
  }
  const hasAuthority =
    beforeQuery.startsWith('//') && (scheme !== undefined || !beforeQuery.startsWith('///'))
  if (!hasAuthority) return isEscaped(beforeQuery) ? parsed : undefined
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(beforeQuery) ?? []
  return isAuthority(authority) && isEscaped(path) ? parsed : undefined
}

/** The first value of a key in a query, or undefined; what cannot be decoded is passed over. */
export function queryValue(query: string, key: string): string | undefined {
  for (const part of query.split('&')) {
    if (part === '' || part.includes(';')) continue
    const [name = '', value = ''] = splitAt(part, '=')
    if (!isEscaped(name) || !isEscaped(value)) continue
    if (unescapeQuery(name) === key) return unescapeQuery(value)
  }
  return undefined
}

function splitAt(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

/** Every % is followed by two hex digits. */
function isEscaped(text: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(text)
}

function unescapeQuery(text: string): string {
  return Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16)),
      ),
    'latin1',
  ).toString('utf8')
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@')
  const user = authority.slice(0, Math.max(at, 0))
  return (
    /^[\w\-.:~!$&'()*+,;=%@]*$/.test(user) && isEscaped(user) && isHost(authority.slice(at + 1))
  )
}

function isHost(host: string): boolean {
  const bracketed = /^\[([^%]*)(%25.*)?\](?::\d*)?$/s.exec(host)
  if (host.startsWith('['))
    return bracketed !== null && hostCharacters.test(bracketed[1] ?? '') && isEscaped(host)
  const [, name = '', port = ''] = /^(.*?)(:[^:]*)?$/s.exec(host) ?? []
  return /^(?::\d*)?$/.test(port) && hostCharacters.test(name)
}

/** Only characters beyond ASCII may be escaped in a host's name. */
const hostCharacters = /^(?:[\w\-.~!$&'()*+,;=:[\]<>"\u0080-\u{10ffff}]|%[89a-f][0-9a-f]|%25)*$/iu
