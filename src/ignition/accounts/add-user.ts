import type { Path, User } from '../../ignition-schema/index.ts'
import { type Draft, findGroup, findGroupOrId, uidsOf } from './draft.ts'
import { warnOfReleases } from './fields.ts'
import { freeId } from './free-id.ts'
import { joinGroups, knownGroups } from './membership.ts'
import { addGroup, newGid } from './plan-group.ts'

/** Adds a user as useradd(8) does; nobody knows the password unless one is given. */
export function addUser(wanted: User, at: Path, draft: Draft): void {
  const { name, gecos = '', passwordHash, noCreateHome, system } = wanted
  const { settings } = draft.host
  const uid = newUid(wanted, at, draft)
  const groups = knownGroups(wanted.groups ?? [], [...at, 'groups'], draft)
  const gid = uid === undefined ? undefined : primaryGid(wanted, uid, at, draft)
  if (uid === undefined || gid === undefined || groups === undefined) return

  const home = wanted.homeDir || `${settings.homes}/${name}`
  const { min, max, warn } = settings.passwordDays
  const days = system === true ? ['', '', ''] : [min, max, warn]
  const shell = wanted.shell || settings.shell
  draft.tables.passwd.put([name, 'x', String(uid), String(gid), gecos, home, shell])
  draft.tables.shadow.put([
    name,
    passwordHash || '*',
    String(draft.host.today),
    ...days,
    '',
    '',
    '',
  ])
  joinGroups(name, groups, draft)
  if (noCreateHome !== true) planHome(name, home, { uid, gid }, at, draft)
}

function planHome(
  name: string,
  home: string,
  owner: { uid: number; gid: number },
  at: Path,
  { host, homes, problems }: Draft,
): void {
  const { homeMode: mode, skeleton } = host.settings
  if (host.look(home) === undefined) homes.push({ kind: 'create', home, ...owner, mode, skeleton })
  else
    problems.push({
      severity: 'warning',
      at,
      message: `the home directory ${home} of ${name} is there already, and stays as it is`,
    })
}

function newUid({ uid, system }: User, at: Path, draft: Draft): number | undefined {
  const { uids, systemUids } = draft.host.settings
  if (uid !== undefined && uidsOf(draft).has(uid)) {
    draft.problems.push({
      severity: 'error',
      at: [...at, 'uid'],
      message: `another user has the number ${uid}`,
      expected: 'a free number, or none to get one',
    })
    return undefined
  }
  if (uid !== undefined) warnOfReleases('uid', uid, at, draft)
  const isSystem = system === true
  const chosen = uid ?? freeId(uidsOf(draft), isSystem ? systemUids : uids, isSystem)
  if (chosen === undefined)
    draft.problems.push({ severity: 'error', at, message: 'all numbers of users are taken' })
  return chosen
}

/** That of the named group, of a group of the user's own, or of the common one. */
function primaryGid(wanted: User, uid: number, at: Path, draft: Draft): number | undefined {
  const { name, primaryGroup, noUserGroup, system } = wanted
  const { settings } = draft.host
  const wrong = (field: string, message: string, expected: string) => {
    draft.problems.push({ severity: 'error', at: [...at, field], message, expected })
    return undefined
  }
  if (primaryGroup) {
    const group = findGroupOrId(draft.tables.group, primaryGroup)
    return (
      group?.gid ??
      wrong('primaryGroup', `the host has no group "${primaryGroup}"`, 'a group, or its number')
    )
  }
  if (noUserGroup === true || !settings.userGroups)
    return findGroupOrId(draft.tables.group, settings.group)?.gid ?? Number(settings.group)
  if (findGroup(draft.tables.group, name) !== undefined)
    return wrong('name', `the group ${name} exists already`, 'primaryGroup, to have it as it is')
  const gid = newGid(draft, system === true, uid)
  if (gid === undefined) return wrong('name', 'all numbers of groups are taken', 'primaryGroup')
  addGroup(name, gid, draft)
  return gid
}
