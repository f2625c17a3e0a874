export const hostnameFile = '/etc/hostname'

/** As many bytes as Linux keeps. */
const maximumLength = 64

/**
 * The name that a host can have, of what a platform says; undefined when it is none. A name with its domain that is
 * too long becomes the name alone.
 */
export function hostnameFrom(said: string): string | undefined {
  const whole = said.trim().replace(/\.$/, '')
  const name = whole.length > maximumLength ? whole.replace(/\..*/s, '') : whole
  return name.length <= maximumLength && isHostname(name) ? name : undefined
}

/** By systemd's rules (hostname(5)): labels of letters, digits, `-` and `_`, neither first nor last of which is `-`. */
function isHostname(name: string): boolean {
  return name.split('.').every((label) => /^(?!-)[A-Za-z0-9_-]+(?<!-)$/.test(label))
}
