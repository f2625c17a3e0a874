// RFC 2045's token: printable ASCII but for the special characters.
const token = "[!#$%&'*+\\-.0-9A-Z^_`a-z{|}~]"
const type = `(?:[xX]-${token}*|(?:text|image|audio|video|application|message|multipart)${token}*)`
const escaped = token.replace('%', '')
const parameter = `;${token}+=(?:(?:${escaped}|%[0-9a-fA-F]{2})+|"(?:[^"\\\\\\u0080-\\uffff]|\\\\[\\0-\\x7f])*")`
const header = new RegExp(`^data:(?:${type}/${token}*)?(?:${parameter})*(;base64)?,`)

/**
 * Why the reference implementation refuses a data URL, or undefined. It insists on more than is
 * needed to decode one: an ASCII text with all but URL characters escaped, padded base64, and a
 * media type of the known families. The reason never shows a part of the data.
 */
export function dataUrlMistake(url: string): string | undefined {
  const start = header.exec(url)
  if (start === null)
    return url.includes(',')
      ? 'the media type of the data URL is not type/subtype;name=value;base64'
      : 'the data URL has no comma'
  const data = url.slice(start[0].length)
  return start[1] === undefined ? plainMistake(data) : base64Mistake(data)
}

function plainMistake(data: string): string | undefined {
  if (/[^\x21-\x7e]|[<>#"{}|\\^[\]`]/.test(data))
    return 'the data URL has characters that must be percent-encoded'
  if (/%(?![0-9a-fA-F]{2})/.test(data)) return 'the data URL has a % without two hex digits'
  return undefined
}

function base64Mistake(data: string): string | undefined {
  // Of a large content, much sooner than any pattern.
  if (Buffer.from(data, 'base64').toString('base64') === data) return undefined
  if (/[^A-Za-z0-9+/=]/.test(data)) return 'the data URL has characters that are not base64'
  if (!/^[^=]*={0,2}$/.test(data) || data.length % 4 !== 0)
    return 'the base64 data is cut off or wrongly padded'
  return undefined
}
