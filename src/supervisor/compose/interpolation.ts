/**
 * Compose's `$`: `$$` stands for a dollar sign. Variables are refused, because a host has no
 * environment of a user from which they could come, and an empty text in their place would be a
 * silent mistake.
 */
export function interpolate(text: string): { text: string } | { mistake: string } {
  let mistake: string | undefined
  const result = text.replace(/\$(\$|\{[^}]*\}?|\w+)?/g, (whole, rest: string | undefined) => {
    if (rest === '$') return '$'
    mistake ??= `"${whole}" would be a variable, and variables are not substituted; write "$$" for a dollar sign`
    return whole
  })
  return mistake === undefined ? { text: result } : { mistake }
}
