import type { JsonNode } from '../../ignition-schema/index.ts'
import type { Tree } from './tree.ts'

type Scalar = Tree & { readonly kind: 'scalar' }

/**
 * A scalar as the field's type reads it. Butane's reader of YAML takes octal numbers with a leading
 * zero, `yes` and `off` where a boolean is wanted, and numbers without quotes where a text is.
 */
export function scalarNode(
  scalar: Scalar,
  wanted: 'string' | 'integer' | 'boolean' | undefined,
): JsonNode {
  const { offset, plain, value } = scalar
  if (plain !== undefined) {
    if (wanted === 'string' && value !== null) return { kind: 'string', offset, value: plain }
    const read = wanted === 'integer' ? wholeNumber(plain) : undefined
    if (read !== undefined) return { kind: 'number', offset, value: read, whole: true }
    const flag = wanted === 'boolean' ? flags.get(plain.toLowerCase()) : undefined
    if (flag !== undefined) return { kind: 'boolean', offset, value: flag }
  }
  switch (typeof value) {
    case 'string':
      return { kind: 'string', offset, value }
    case 'boolean':
      return { kind: 'boolean', offset, value }
    case 'number':
      return { kind: 'number', offset, value, whole: false }
    default:
      return { kind: 'null', offset }
  }
}

const flags = new Map([
  ...['true', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'off'].map((word) => [word, false] as const),
])

/** A whole number as Go reads it: 0644 and 0o644 are octal, 0x1a4 is hexadecimal, 1_000 is 1000. */
function wholeNumber(written: string): number | undefined {
  const digits = written.replaceAll('_', '')
  const [, sign, unsigned = ''] = /^([+-]?)(.+)$/.exec(digits) ?? []
  const octal = /^0([0-7]+)$/.exec(unsigned)?.[1]
  const prefixed = /^0(?:o[0-7]+|x[0-9a-f]+|b[01]+)$/i.test(unsigned)
  if (octal === undefined && !prefixed && !/^(?:0|[1-9]\d*)$/.test(unsigned)) return undefined
  const value = octal === undefined ? Number(unsigned) : Number.parseInt(octal, 8)
  return sign === '-' ? -value : value
}
