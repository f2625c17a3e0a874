import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'

/** The mode of a file or directory. */
export function checkMode(
  mode: number | undefined,
  path: Path,
  minor: number,
  report: Report,
): void {
  if (mode === undefined) return
  const special = (mode & 0o7000) !== 0
  if (mode < 0 || mode > 0o7777) report('IGNITION_MODE_RANGE', path)
  else if (looksOctal(mode, special)) {
    const meant = Number.parseInt(String(mode), 8)
    report('IGNITION_MODE_DECIMAL', path, { mode, octal: mode.toString(8), meant })
  }
  if (special && minor < 6) report('IGNITION_MODE_SPECIAL_BITS', path)
}

/** Modes that people write in octal; none of them is what the decimal number of another comes to. */
const customary = [
  400, 440, 444, 500, 550, 555, 600, 640, 644, 660, 664, 666, 700, 750, 755, 770, 775, 777,
]

/** JSON has no octal numbers: 644 is 01204, and 0644 would have been 420. */
function looksOctal(mode: number, special: boolean): boolean {
  return customary.includes(mode) || (special && /^[0-7]{3}$/.test(String(mode)))
}
