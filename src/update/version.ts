import { updatePlanErrors } from '../errors/update-plan.ts'

/**
 * Versions of releases: UAPI.10, Version Format Specification, in the order of systemd, because
 * systemd-boot sorts boot entries by it: what is newer here is what boots.
 */

/**
 * Digits and dots, then perhaps one suffix: `-` for a revision, `^` for what comes after a release, `~` for
 * what comes before it. Lower case, since the ESP's file system does not tell `rc` from `RC`.
 */
const grammar = /^\d+(?:\.\d+)*(?:[-~^][a-z0-9]+(?:\.[a-z0-9]+)*)?$/

/** A partition's label has room for 36 characters, and `slipway_` takes 8 of them. */
export const maximumVersionLength = 28

/** What a right version looks like; follows "expected" in a message. */
export const versionExpectation = `a version such as 1.4.2, 1.4.2-1, 1.5~rc1 or 1.4^fix2, of at most ${maximumVersionLength} characters`

/** Whether a text may be the version of a release. */
export function isVersion(text: string): boolean {
  return text.length <= maximumVersionLength && grammar.test(text)
}

/** The version, as it was given. Throws SLIPWAY_UPDATE_VERSION_INVALID. */
export function parseVersion(text: string): string {
  if (!isVersion(text))
    throw updatePlanErrors.error('SLIPWAY_UPDATE_VERSION_INVALID', {
      version: text,
      expected: versionExpectation,
    })
  return text
}

/**
 * Less than zero when `left` is older than `right`, more when it is newer, zero when systemd does not
 * tell them apart (`1.01` and `1.1`). Takes any text, since anything may lie in an ESP.
 */
export function compareVersions(left: string, right: string): number {
  let [a, b] = [withoutSeparators(left), withoutSeparators(right)]
  while (true) {
    if (a.startsWith('~') || b.startsWith('~')) {
      if (a[0] !== b[0]) return a.startsWith('~') ? -1 : 1
      ;[a, b] = [a.slice(1), b.slice(1)]
    }
    // Only a tilde makes the longer one the older one.
    if (a === '' || b === '') return Math.sign(a.length - b.length)
    for (const mark of ['-', '^', '.']) {
      if (a.startsWith(mark) !== b.startsWith(mark)) return a.startsWith(mark) ? -1 : 1
      if (a.startsWith(mark)) [a, b] = [a.slice(1), b.slice(1)]
    }
    const numeric = startsWithDigit(a) || startsWithDigit(b)
    const segment = numeric ? /^\d*/ : /^[A-Za-z]*/
    const [headOfA, headOfB] = [headOf(a, segment), headOf(b, segment)]
    const order = numeric ? compareNumbers(headOfA, headOfB) : compareTexts(headOfA, headOfB)
    if (order !== 0) return order
    a = withoutSeparators(a.slice(headOfA.length))
    b = withoutSeparators(b.slice(headOfB.length))
  }
}

/** Whether one version comes after another. */
export function isNewer(version: string, than: string): boolean {
  return compareVersions(version, than) > 0
}

/** Without the leading characters that mean nothing but the end of a segment. */
function withoutSeparators(text: string): string {
  return text.replace(/^[^A-Za-z0-9.~^-]+/, '')
}

function startsWithDigit(text: string): boolean {
  return /^\d/.test(text)
}

function headOf(text: string, segment: RegExp): string {
  return segment.exec(text)?.[0] ?? ''
}

/** Numbers of any length; no number at all is older than zero. */
function compareNumbers(a: string, b: string): number {
  if ((a === '') !== (b === '')) return a === '' ? -1 : 1
  const [digitsOfA, digitsOfB] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return Math.sign(digitsOfA.length - digitsOfB.length) || compareTexts(digitsOfA, digitsOfB)
}

/** By ASCII, capitals first; a longer text that begins with the other is newer. */
function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
