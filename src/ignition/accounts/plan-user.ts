import type { Path, User } from '../../ignition-schema/index.ts'
import { addUser } from './add-user.ts'
import { type Draft, findUser } from './draft.ts'
import { fieldProblems } from './fields.ts'
import { modifyUser } from './modify-user.ts'
import { removeUser } from './remove-user.ts'

/** Makes a user what the config wants, as useradd(8), usermod(8) and userdel(8) would. */
export function planUser(wanted: User, at: Path, draft: Draft): void {
  const problems = fieldProblems(wanted, at)
  draft.problems.push(...problems)
  if (problems.length > 0) return
  const existing = findUser(draft.tables.passwd, wanted.name)
  if (wanted.shouldExist === false) {
    if (existing !== undefined) removeUser(existing, at, draft)
    return
  }
  if (existing === undefined) addUser(wanted, at, draft)
  else modifyUser(wanted, existing, at, draft)
  checkShell(wanted, at, draft)
  checkKeys(wanted, at, draft)
}

function checkShell({ name, shell }: User, at: Path, { host, problems }: Draft): void {
  if (!shell || host.look(shell) !== undefined) return
  problems.push({
    severity: 'warning',
    at: [...at, 'shell'],
    message: `the host has no ${shell}, so nobody can log in as ${name}`,
  })
}

/** The reference implementation writes keys as their user, who cannot make a home directory. */
function checkKeys({ name, sshAuthorizedKeys = [] }: User, at: Path, draft: Draft): void {
  const home = findUser(draft.tables.passwd, name)?.home
  if (sshAuthorizedKeys.length === 0 || home === undefined) return
  const willBe = draft.homes.some((each) => each.home === home && each.kind !== 'give')
  if (willBe || draft.host.look(home)?.isDirectory) return
  draft.problems.push({
    severity: 'error',
    at: [...at, 'sshAuthorizedKeys'],
    message: `${name} has no directory for keys: there is no ${home}`,
    expected: 'a user whose home directory exists, or is made',
  })
}
