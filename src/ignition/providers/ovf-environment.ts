/**
 * The properties of an OVF environment (DSP0243, 11.1), by their keys. What is not such a document
 * has none: a damaged one is no reason not to look further.
 */
export function ovfProperties(document: string): Map<string, string> {
  const properties = new Map<string, string>()
  const elements = document
    .replace(/<!--[\s\S]*?-->/g, '')
    .matchAll(/<(?:[\w.-]+:)?Property\s([^>]*)>/g)
  for (const [, attributes = ''] of elements) {
    const key = attribute(attributes, 'key')
    const value = attribute(attributes, 'value')
    if (key !== undefined && value !== undefined) properties.set(key, value)
  }
  return properties
}

function attribute(attributes: string, name: string): string | undefined {
  const pattern = new RegExp(`(?:^|\\s)(?:[\\w.-]+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
  const [, double, single] = pattern.exec(attributes) ?? []
  const value = double ?? single
  return value === undefined ? undefined : unescaped(value)
}

function unescaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    lt: '<',
    gt: '>',
    amp: '&',
    quot: '"',
    apos: "'",
  }
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name: string) => {
    if (name !== undefined) return entities[name] ?? whole
    const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
