/** The parts of a source `scheme://…`, unescaped where the protocol wants them so. */
export type SourceUrl = {
  /** In lower case. */
  readonly scheme: string
  readonly user?: string
  readonly password?: string
  /** Without the brackets of an IPv6 address and without its zone. */
  readonly host: string
  /** The interface of a link-local address: `eth0` in `http://[fe80::1%25eth0]/` (RFC 6874). */
  readonly zone?: string
  readonly port?: number
  /** As written, still escaped; empty or with a slash at its start. */
  readonly path: string
  /** Without the question mark; absent when there is none. */
  readonly query?: string
}

const pattern =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#]*\]|[^:/?#@]*)(?::(\d*))?(\/[^?#]*|)(?:\?([^#]*))?(?:#.*)?$/is

/** Splits a hierarchical URL; undefined when it is none. The fragment is left out. */
export function splitUrl(text: string): SourceUrl | undefined {
  const [whole, scheme = '', userinfo, authority = '', port, path = '', query] =
    pattern.exec(text) ?? []
  if (whole === undefined || Number(port || 0) > 65535) return undefined
  const [host = '', zone] = authority.replace(/^\[(.*)\]$/, '$1').split('%25')
  const [user, password] = userinfo?.split(/:(.*)/s) ?? []
  try {
    return {
      scheme: scheme.toLowerCase(),
      host: decodeURIComponent(host),
      path,
      ...(zone === undefined ? {} : { zone: decodeURIComponent(zone) }),
      ...(port ? { port: Number(port) } : {}),
      ...(query === undefined ? {} : { query }),
      ...(user === undefined ? {} : { user: decodeURIComponent(user) }),
      ...(password === undefined ? {} : { password: decodeURIComponent(password) }),
    }
  } catch {
    // A % without two digits, or bytes that are no UTF-8.
    return undefined
  }
}

/** The path of a URL with its escapes read. Throws URIError when they are not UTF-8. */
export function unescapedPath({ path }: SourceUrl): string {
  return decodeURIComponent(path)
}

/**
 * How a source is told to people: without user, password, query and data, which may be secrets
 * (a signed URL has its signature in the query).
 */
export function sourceName(source: string): string {
  if (/^data:/i.test(source)) return 'a data URL'
  const [plain = ''] = source.split(/[?#]/, 1)
  return plain.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1')
}
