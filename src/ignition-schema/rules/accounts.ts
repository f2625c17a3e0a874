import type { Config, User } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'

/** What of users and groups useradd would refuse, or nobody could log in with. */
export function checkAccounts(config: Draft<Config>, report: Report): void {
  const { users = [], groups = [] } = config.passwd ?? {}
  users.forEach((user, index) => {
    const path = ['passwd', 'users', index]
    checkName(user?.name, [...path, 'name'], report)
    checkPassword(user?.passwordHash, [...path, 'passwordHash'], report)
    if (user !== undefined) checkKeys(user, [...path, 'sshAuthorizedKeys'], report)
  })
  groups.forEach((group, index) => {
    const path = ['passwd', 'groups', index]
    checkName(group?.name, [...path, 'name'], report)
    checkPassword(group?.passwordHash, [...path, 'passwordHash'], report)
  })
}

function checkName(name: string | undefined, path: Path, report: Report): void {
  if (name !== undefined && !/^[a-z_][a-z0-9_-]{0,30}(?:[a-z0-9_$-])?$/.test(name))
    report('IGNITION_ACCOUNT_NAME', path)
}

/** A hash in crypt(5)'s formats, or a mark such as `*` or `!` by which nobody logs in on purpose. */
function checkPassword(hash: string | undefined, path: Path, report: Report): void {
  if (hash === undefined || /^[*!]/.test(hash) || hash === '' || hash === 'x') return
  const isModern = /^[$_][\x21-\x39\x3b-\x7e]+$/.test(hash)
  const isTraditional = /^[./0-9A-Za-z]{13}$/.test(hash)
  if (!isModern && !isTraditional) report('IGNITION_PASSWORD_NOT_HASHED', path)
}

const keyLine = /(?:^|[\s,"])(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+\s+[A-Za-z0-9+/=]+/

function checkKeys({ sshAuthorizedKeys = [] }: Draft<User>, path: Path, report: Report): void {
  sshAuthorizedKeys.forEach((text, index) => {
    if (text === undefined) return
    const lines = text.split('\n').filter((line) => !/^\s*(?:#|$)/.test(line))
    if (lines.some((line) => !keyLine.test(line))) report('IGNITION_SSH_KEY', [...path, index])
  })
}
