import { isIPv4, isIPv6 } from 'node:net'

/** An address of either family as a number. */
export type Address = { readonly family: 4 | 6; readonly value: bigint }

/** A block of addresses: its first one, and how many bits they share. */
export type Cidr = {
  readonly family: 4 | 6
  readonly first: bigint
  readonly prefixLength: number
}

export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: 4, value: digits(text.split('.').map(Number), 8n) }
  if (isIPv6(text) && !text.includes('%')) return { family: 6, value: digits(words(text), 16n) }
  return undefined
}

/** Bits of the host part are dropped. */
export function parseCidr(text: string): Cidr | undefined {
  const [, base = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseAddress(base)
  const prefixLength = Number(length)
  if (address === undefined || prefixLength > bits(address.family)) return undefined
  const hostBits = BigInt(bits(address.family) - prefixLength)
  return { family: address.family, first: (address.value >> hostBits) << hostBits, prefixLength }
}

export function addressText({ family, value }: Address): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')
  const parts = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16),
  )
  // A URL writes it in the canonical short form.
  return new URL(`http://[${parts.join(':')}]`).hostname.slice(1, -1)
}

export function cidrText({ family, first, prefixLength }: Cidr): string {
  return `${addressText({ family, value: first })}/${prefixLength}`
}

export function lastAddress({ family, first, prefixLength }: Cidr): bigint {
  return first + (1n << BigInt(bits(family) - prefixLength)) - 1n
}

export function overlap(a: Cidr, b: Cidr): boolean {
  return a.family === b.family && a.first <= lastAddress(b) && b.first <= lastAddress(a)
}

export function contains(block: Cidr, { family, value }: Address): boolean {
  return family === block.family && value >= block.first && value <= lastAddress(block)
}

function bits(family: 4 | 6): number {
  return family === 4 ? 32 : 128
}

function digits(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | BigInt(part), 0n)
}

/** The eight words of an IPv6 address. */
function words(text: string): number[] {
  const plain = text.replace(/[^:]*\.[^:]*$/, (v4) => {
    const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const read = (part: string) =>
    part === '' ? [] : part.split(':').map((word) => parseInt(word, 16))
  if (tail === undefined) return read(head)
  const [before, after] = [read(head), read(tail)]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
