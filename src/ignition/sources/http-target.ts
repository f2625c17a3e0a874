import { splitUrl } from './source-url.ts'

/** Where a request goes. URL has no zones of IPv6 addresses, so they are kept beside it. */
export type HttpTarget = { readonly url: URL; readonly zone?: string }

/** undefined when the text is no URL of http or https. */
export function httpTarget(text: string): HttpTarget | undefined {
  const parts = splitUrl(text)
  if (parts === undefined || (parts.scheme !== 'http' && parts.scheme !== 'https')) return undefined
  const plain = parts.zone === undefined ? text : text.replace(/%25[^\]/]*\]/, ']')
  if (!URL.canParse(plain)) return undefined
  return { url: new URL(plain), ...(parts.zone === undefined ? {} : { zone: parts.zone }) }
}

/** Where a redirect of `from` leads; a host that stays keeps its zone. undefined for other schemes. */
export function redirectTarget(from: HttpTarget, location: string): HttpTarget | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) return httpTarget(location)
  if (!URL.canParse(location, from.url)) return undefined
  const url = new URL(location, from.url)
  const keepsZone = from.zone !== undefined && url.hostname === from.url.hostname
  return keepsZone ? { url, zone: from.zone } : { url }
}

/** The host to connect to: no brackets, with its zone. */
export function connectHost({ url, zone }: HttpTarget): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return zone === undefined ? host : `${host}%${zone}`
}

/** Name and password of an address for basic authentication (RFC 7617), if it has them. */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

export function targetPort({ url }: HttpTarget): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}
