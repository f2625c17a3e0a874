import type { Identity } from '../shape.ts'

/** Items are one when a field of theirs, which each of them has, is the same. */
export function by(field: string, noun: string, more: Partial<Identity> = {}): Identity {
  return { keyOf: (item) => textAt(item, field) ?? '', noun, field, ...more }
}

/** Texts are one when they are the same. */
export function itself(noun: string, more: Partial<Identity> = {}): Identity {
  return { keyOf: String, noun, ...more }
}

/** A partition is its number, or its label when the next free number is wanted. */
export const asPartition: Identity = {
  keyOf: (item) => {
    const number: unknown = fieldOf(item, 'number')
    if (typeof number === 'number' && number !== 0) return `number:${number}`
    const label = textAt(item, 'label')
    return label === undefined ? '' : `label:${label}`
  },
  noun: 'partition',
  checkedElsewhere: true,
}

function textAt(item: unknown, field: string): string | undefined {
  const value = fieldOf(item, field)
  return typeof value === 'string' ? value : undefined
}

function fieldOf(item: unknown, field: string): unknown {
  return typeof item === 'object' && item !== null ? Reflect.get(item, field) : undefined
}
