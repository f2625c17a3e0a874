import { readFileSync } from 'node:fs'
import type { Access } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import { type AccountFile, type AccountTexts, accountFiles, groupsOf, usersOf } from './draft.ts'
import { type AccountSettings, accountSettings } from './settings.ts'
import { Table } from './table.ts'

/** The numbers of users and groups by name. */
export type Accounts = {
  readonly users: ReadonlyMap<string, number>
  readonly groups: ReadonlyMap<string, number>
}

/** Where an account file of the target root is. */
export function accountPath(root: TargetRoot, file: AccountFile): string {
  return root.resolve(`/etc/${file}`, { followLast: true })
}

/** The account files of the target root; one that is missing is empty. */
export function readAccountTexts(root: TargetRoot): AccountTexts {
  const texts = { group: '', gshadow: '', shadow: '', passwd: '' }
  for (const file of accountFiles) texts[file] = read(accountPath(root, file))
  return texts
}

/** The settings by which accounts are made, of the target root. */
export function readAccountSettings(root: TargetRoot): AccountSettings {
  const readHere = (path: string) => read(root.resolve(path, { followLast: true }))
  return accountSettings(readHere('/etc/login.defs'), readHere('/etc/default/useradd'))
}

export function accountsIn({ passwd, group }: AccountTexts): Accounts {
  return {
    users: new Map(usersOf(new Table(passwd)).map(({ name, uid }) => [name, uid])),
    groups: new Map(groupsOf(new Table(group)).map(({ name, gid }) => [name, gid])),
  }
}

/** Owner and mode that a file has, or gets when it is new: secrets are root's alone. */
export function accountAccess(path: string, file: AccountFile): Access {
  const stats = lstatIfExists(path)
  if (stats !== undefined) return { uid: stats.uid, gid: stats.gid, mode: stats.mode & 0o7777 }
  return { uid: 0, gid: 0, mode: file === 'passwd' || file === 'group' ? 0o644 : 0o600 }
}

function read(path: string): string {
  return lstatIfExists(path)?.isFile() ? readFileSync(path, 'utf8') : ''
}
