/**
 * Splits a command as a POSIX shell splits words: blanks, quotes and backslashes, nothing else.
 * Throws a RangeError for a quote that is never closed.
 */
export function splitWords(command: string): string[] {
  const words: string[] = []
  const token = /\s+|\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|[^\s\\'"]+|[\s\S]/g
  let word: string | undefined
  for (const match of command.matchAll(token)) {
    const [whole, escaped, single, double] = match
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (whole === "'" || whole === '"' || whole === '\\') {
      throw new RangeError(`the ${whole === '\\' ? 'backslash' : 'quote'} ${whole} has no end`)
    } else {
      word = (word ?? '') + (escaped ?? single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? whole)
    }
  }
  if (word !== undefined) words.push(word)
  return words
}
