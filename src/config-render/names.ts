/** `sizeMiB` as `size_mib`, by the rule that Butane's names follow. */
export function snakeCase(name: string): string {
  return name.replace(/MiB|[A-Z]/g, '_$&').toLowerCase()
}

/** A message about a config in camelCase, in the words of the YAML. */
export function snakeWords(text: string, known: ReadonlySet<string>): string {
  return text.replace(/\b[a-z]+(?:[A-Z][A-Za-z]*)+\b/g, (word) =>
    known.has(word) ? snakeCase(word) : word,
  )
}
