import type { Path, Severity } from '../../ignition-schema/index.ts'
import type { AccountSettings } from './settings.ts'
import { namesIn, numberIn, type Table } from './table.ts'

/** The account files, by what they are called below /etc. */
export const accountFiles = ['group', 'gshadow', 'shadow', 'passwd'] as const
export type AccountFile = (typeof accountFiles)[number]
export type AccountTexts = Readonly<Record<AccountFile, string>>

/** What is to happen to a home directory, in the order given. */
export type HomeAction =
  | {
      readonly kind: 'create'
      readonly home: string
      readonly uid: number
      readonly gid: number
      readonly mode: number
      readonly skeleton: string
    }
  | { readonly kind: 'move'; readonly from: string; readonly home: string }
  | {
      readonly kind: 'give'
      readonly home: string
      readonly uid: readonly [from: number, to: number]
      readonly gid: readonly [from: number, to: number]
    }
  | { readonly kind: 'remove'; readonly home: string }

export type AccountProblem = {
  readonly severity: Severity
  readonly at: Path
  readonly message: string
  readonly expected?: string
}

/** What planning may know of the host beside its account files. */
export type Surroundings = {
  readonly settings: AccountSettings
  /** The days since 1970, for the date of a password. */
  readonly today: number
  /** What is at a path of the host, links followed. */
  look(path: string): { readonly uid: number; readonly isDirectory: boolean } | undefined
  /** Whether a run that was cut had begun to move one home directory to another place. */
  hasBegunToMove(from: string, to: string): boolean
}

/** The account files while they are planned, and what comes with them. */
export type Draft = {
  readonly tables: Readonly<Record<AccountFile, Table>>
  readonly host: Surroundings
  readonly homes: HomeAction[]
  readonly problems: AccountProblem[]
}

/** A record of passwd(5). */
export type UserRecord = {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly gecos: string
  readonly home: string
  readonly shell: string
}

export function findUser(passwd: Table, name: string): UserRecord | undefined {
  return toUser(passwd.find(name) ?? [])
}

export function usersOf(passwd: Table): UserRecord[] {
  return passwd.rows.flatMap((row) => toUser(row) ?? [])
}

function toUser([name, , uidText, gidText, gecos = '', home = '', shell = '']: readonly string[]) {
  const uid = numberIn(uidText)
  const gid = numberIn(gidText)
  if (!name || uid === undefined || gid === undefined) return undefined
  return { name, uid, gid, gecos, home, shell }
}

/** A record of group(5). */
export type GroupRecord = {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** Finds a group by its name. */
export function findGroup(group: Table, name: string): GroupRecord | undefined {
  return toGroup(group.find(name) ?? [])
}

/** Finds a group by its name, or by its number as groupadd(8) and its like do. */
export function findGroupOrId(group: Table, text: string): GroupRecord | undefined {
  const gid = numberIn(text)
  return gid === undefined
    ? findGroup(group, text)
    : groupsOf(group).find((record) => record.gid === gid)
}

export function groupsOf(group: Table): GroupRecord[] {
  return group.rows.flatMap((row) => toGroup(row) ?? [])
}

function toGroup([name, , gidText, members]: readonly string[]): GroupRecord | undefined {
  const gid = numberIn(gidText)
  if (!name || gid === undefined) return undefined
  return { name, gid, members: namesIn(members) }
}

export function uidsOf({ tables }: Draft): Set<number> {
  return new Set(usersOf(tables.passwd).map(({ uid }) => uid))
}

export function gidsOf({ tables }: Draft): Set<number> {
  return new Set(groupsOf(tables.group).map(({ gid }) => gid))
}
