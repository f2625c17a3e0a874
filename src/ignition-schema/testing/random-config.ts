import type { Config } from '../config.ts'
import type { Shape } from '../shape.ts'
import { config as configShape } from '../specification/config.ts'

/** What texts that have rules come from, so that configs collide often and are valid mostly. */
const texts: Readonly<Record<string, readonly string[]>> = {
  path: ['/a', '/b', '/c'],
  device: ['/dev/a', '/dev/b'],
  devices: ['/dev/a', '/dev/b', '/dev/c'],
  source: ['http://a/', 'http://b/', 'data:,x'],
  url: ['http://a', 'http://b'],
  label: ['a', 'b'],
  format: ['ext4', 'xfs'],
  level: ['raid1', 'raid5'],
}

/** A config of a minor version with the right types, and what one field or another says left out. */
export function randomConfig(random: () => number, minor = 6): Config {
  const config = randomValue(configShape, '', minor, random)
  // The shape is what Config is derived from.
  return { ...(config as Config), ignition: { version: `3.${minor}.0` } }
}

function randomValue(shape: Shape, name: string, minor: number, random: () => number): unknown {
  switch (shape.kind) {
    case 'string':
      return pick(texts[name] ?? ['s', 't', 'u'], random)
    case 'integer':
      return Math.floor(random() * 3)
    case 'boolean':
      return random() < 0.5
    case 'list': {
      const items = Array.from({ length: Math.ceil(random() * 3) }, () =>
        randomValue(shape.item, name, minor, random),
      )
      const { identity } = shape
      if (identity === undefined) return items
      return [...new Map(items.map((item) => [identity.keyOf(item), item])).values()]
    }
    case 'object':
      return Object.fromEntries(
        Object.entries(shape.fields)
          .filter(([, { since }]) => since <= minor)
          .filter(([, { requiredUntil }]) => requiredUntil >= minor || random() < 0.6)
          .map(([field, { shape: inner }]) => [field, randomValue(inner, field, minor, random)]),
      )
  }
}

function pick<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)]
}
