import type { Group, Path } from '../../ignition-schema/index.ts'
import { type Draft, findGroup, gidsOf, usersOf } from './draft.ts'
import { fieldProblems, warnOfReleases } from './fields.ts'
import { freeId, freeIdLike } from './free-id.ts'

/** Makes a group what the config wants, as groupadd(8), groupmod(8) and groupdel(8) would. */
export function planGroup(wanted: Group, at: Path, draft: Draft): void {
  const problems = fieldProblems(wanted, at)
  draft.problems.push(...problems)
  if (problems.length > 0) return
  const existing = findGroup(draft.tables.group, wanted.name)
  if (wanted.shouldExist === false) {
    if (existing !== undefined) removeGroup(wanted.name, existing.gid, at, draft)
  } else if (existing === undefined) addWanted(wanted, at, draft)
  else modifyGroup(wanted, existing.gid, at, draft)
}

/** Adds a group; nobody knows its password unless one is given. */
export function addGroup(name: string, gid: number, draft: Draft, passwordHash = '!'): void {
  draft.tables.group.put([name, 'x', String(gid), ''])
  draft.tables.gshadow.put([name, passwordHash, '', ''])
}

/** The number of a new group: its user's, if it has one and that is free. */
export function newGid(draft: Draft, isSystem: boolean, uid?: number): number | undefined {
  const { gids, systemGids } = draft.host.settings
  const range = isSystem ? systemGids : gids
  return uid === undefined
    ? freeId(gidsOf(draft), range, isSystem)
    : freeIdLike(uid, gidsOf(draft), range, isSystem)
}

function addWanted({ name, gid, system, passwordHash }: Group, at: Path, draft: Draft): void {
  if (gid !== undefined && isTaken(gid, at, draft)) return
  if (gid !== undefined) warnOfReleases('gid', gid, at, draft)
  const number = gid ?? newGid(draft, system === true)
  if (number === undefined)
    draft.problems.push({ severity: 'error', at, message: 'all numbers of groups are taken' })
  else addGroup(name, number, draft, passwordHash || undefined)
}

function modifyGroup({ name, gid, passwordHash }: Group, before: number, at: Path, draft: Draft) {
  const { group, gshadow, passwd } = draft.tables
  if (gid !== undefined && gid !== before) {
    if (isTaken(gid, at, draft)) return
    group.change(name, { 2: String(gid) })
    for (const user of usersOf(passwd))
      if (user.gid === before) passwd.change(user.name, { 3: String(gid) })
  }
  if (!passwordHash) return
  const members = group.find(name)?.[3] ?? ''
  group.change(name, { 1: 'x' })
  if (gshadow.find(name) === undefined) gshadow.put([name, passwordHash, '', members])
  else gshadow.change(name, { 1: passwordHash })
}

function removeGroup(name: string, gid: number, at: Path, draft: Draft): void {
  const { group, gshadow, passwd } = draft.tables
  const user = usersOf(passwd).find((each) => each.gid === gid)
  if (user !== undefined) {
    draft.problems.push({
      severity: 'error',
      at,
      message: `the group cannot be removed: it is the primary group of ${user.name}`,
      expected: 'a group that is nobody’s primary group: groups are changed before users',
    })
    return
  }
  group.remove(name)
  gshadow.remove(name)
}

function isTaken(gid: number, at: Path, draft: Draft): boolean {
  if (!gidsOf(draft).has(gid)) return false
  draft.problems.push({
    severity: 'error',
    at: [...at, 'gid'],
    message: `another group has the number ${gid}`,
    expected: 'a free number, or none to get one',
  })
  return true
}
