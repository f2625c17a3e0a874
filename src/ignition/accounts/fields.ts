import type { Group, Path, User } from '../../ignition-schema/index.ts'
import type { AccountProblem, Draft } from './draft.ts'

/**
 * What cannot be in a record: the files know no way to escape a colon or a line's end. The messages never
 * show a password.
 */
export function fieldProblems(
  account: Pick<User, 'name'> & Partial<Omit<User & Group, 'name'>>,
  at: Path,
): AccountProblem[] {
  const wrong = (field: string, message: string, expected: string): AccountProblem[] => [
    { severity: 'error', at: [...at, field], message, expected },
  ]
  const plain = (field: 'passwordHash' | 'gecos' | 'homeDir' | 'shell') =>
    /[:\n\0]/.test(account[field] ?? '')
      ? wrong(field, 'it cannot be in the files of accounts', 'no colon, line break or NUL')
      : []
  const absolute = (field: 'homeDir' | 'shell') =>
    account[field] && !account[field].startsWith('/')
      ? wrong(field, 'the path is relative', 'an absolute path')
      : []
  return [
    ...(isName(account.name)
      ? []
      : wrong(
          'name',
          'no account can have this name',
          'up to 255 characters, no colons, commas, slashes or white space, not only digits, no - + ~ at the beginning',
        )),
    ...plain('passwordHash'),
    ...plain('gecos'),
    ...plain('homeDir'),
    ...absolute('homeDir'),
    ...plain('shell'),
    ...absolute('shell'),
  ]
}

/** Releases give their users low numbers; one that comes later may have the same. */
export function warnOfReleases(
  field: 'uid' | 'gid',
  id: number,
  at: Path,
  { host, problems }: Draft,
): void {
  const { min } = host.settings[field === 'uid' ? 'systemUids' : 'systemGids']
  if (id === 0 || id >= min) return
  problems.push({
    severity: 'warning',
    at: [...at, field],
    message: `a later release may have a user or group with the number ${id}`,
    expected: `${min} or more`,
  })
}

/** The names that Debian's useradd(8) takes. */
function isName(name: string): boolean {
  return (
    /^(?![-+~])[^:,/\s\p{Cc}]{1,255}$/u.test(name) && !/^\d+$/.test(name) && !/^\.\.?$/.test(name)
  )
}
