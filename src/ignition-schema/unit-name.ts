/** A path as part of a unit's name, as `systemd-escape --path` makes it (systemd.unit(5)). */
export function escapePath(path: string): string {
  const steps = path.split('/').filter((step) => step !== '')
  if (steps.length === 0) return '-'
  return escapeText(steps.join('/'))
}

/** A text as part of a unit's name, as `systemd-escape` makes it. */
export function escapeText(text: string): string {
  return Array.from(Buffer.from(text), (byte, index) => {
    const character = String.fromCharCode(byte)
    if (character === '/') return '-'
    const allowed = /[A-Za-z0-9:_.]/.test(character) && !(index === 0 && character === '.')
    return allowed ? character : `\\x${byte.toString(16).padStart(2, '0')}`
  }).join('')
}
