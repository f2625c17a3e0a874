/** One challenge of a `WWW-Authenticate` header (RFC 9110, 11.6.1); names are in lower case. */
export type Challenge = {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Reads the challenges of a header that may hold several; what cannot be read is left out. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  const part = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[\s,]*/g
  for (const [, name = '', quoted, plain] of header.matchAll(part)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) {
      challenges.push({ scheme: name.toLowerCase(), parameters: {} })
      continue
    }
    const current = challenges.at(-1)
    if (current !== undefined) current.parameters[name.toLowerCase()] = value
  }
  return challenges
}
