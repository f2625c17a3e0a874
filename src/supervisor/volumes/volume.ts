/** A volume as the supervisor keeps it. Kept on disk, so a field that is added later is optional. */
export type Volume = {
  readonly name: string
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
}

/** Docker's mark on volumes that nobody gave a name. */
export const anonymousLabel = 'com.docker.volume.anonymous'

export function isAnonymous({ labels }: Volume): boolean {
  return Object.hasOwn(labels, anonymousLabel)
}

/** The longest name of a file. */
const longestName = 255

/** What is wrong with a volume's name, in Docker's words; undefined for nothing. */
export function nameProblem(name: string): string | undefined {
  if (name.length < 2)
    return 'volume name is too short, names should be at least two alphanumeric characters'
  if (name.length > longestName) return `volume name is longer than ${longestName} characters`
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return undefined
  return `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`
}
