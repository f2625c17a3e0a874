import type { Path, User } from '../../ignition-schema/index.ts'
import { type Draft, findGroupOrId, type UserRecord, uidsOf } from './draft.ts'
import { joinGroups, knownGroups, leaveGroups } from './membership.ts'

/** Changes what the config says of a user that exists, as usermod(8) does, and nothing else. */
export function modifyUser(wanted: User, before: UserRecord, at: Path, draft: Draft): void {
  const { name } = wanted
  const { tables, problems } = draft
  const wrong = (field: string, message: string, expected: string) =>
    problems.push({ severity: 'error', at: [...at, field], message, expected })

  const uid = wanted.uid ?? before.uid
  if (uid !== before.uid && uidsOf(draft).has(uid))
    wrong('uid', `another user has the number ${uid}`, 'a free number')
  const primary = wanted.primaryGroup
    ? findGroupOrId(tables.group, wanted.primaryGroup)
    : { gid: before.gid }
  if (primary === undefined)
    wrong(
      'primaryGroup',
      `the host has no group "${wanted.primaryGroup}"`,
      'a group, or its number',
    )
  const gid = primary?.gid ?? before.gid

  tables.passwd.change(name, {
    2: String(uid),
    3: String(gid),
    4: wanted.gecos || undefined,
    6: wanted.shell || undefined,
  })
  setPassword(wanted, draft)
  const groups = knownGroups(wanted.groups ?? [], [...at, 'groups'], draft)
  if (groups !== undefined && groups.length > 0) {
    leaveGroups(name, groups, draft)
    joinGroups(name, groups, draft)
  }
  const home = wanted.homeDir?.replace(/(?<=.)\/+$/, '') || before.home
  if (home !== before.home) moveHome(before, home, at, draft)
  if (uid !== before.uid || gid !== before.gid) giveHome(before, home, uid, gid, draft)
}

/** Kept in shadow(5) where only root reads it, whatever was in passwd before. */
function setPassword({ name, passwordHash }: User, { tables, host }: Draft): void {
  if (passwordHash === undefined) return
  const hash = passwordHash || '*'
  const record = tables.shadow.find(name)
  if (record?.[1] === hash) return
  const { min, max, warn } = host.settings.passwordDays
  tables.passwd.change(name, { 1: 'x' })
  if (record === undefined)
    tables.shadow.put([name, hash, String(host.today), min, max, warn, '', '', ''])
  else tables.shadow.change(name, { 1: hash, 2: String(host.today) })
}

function moveHome(before: UserRecord, home: string, at: Path, draft: Draft): void {
  const { tables, host, homes, problems } = draft
  tables.passwd.change(before.name, { 5: home })
  if (host.hasBegunToMove(before.home, home)) {
    homes.push({ kind: 'move', from: before.home, home })
    return
  }
  const old = host.look(before.home)
  const wrong = (severity: 'error' | 'warning', message: string) =>
    problems.push({ severity, at: [...at, 'homeDir'], message })
  if (host.look(home) !== undefined)
    wrong('error', `the home directory cannot be moved: ${home} is there already`)
  else if (old === undefined)
    wrong('warning', `there is no ${before.home} to be moved, and no home directory is made`)
  else if (!old.isDirectory)
    wrong('error', `the home directory cannot be moved: ${before.home} is none`)
  else if (home.startsWith(`${before.home === '/' ? '' : before.home}/`))
    wrong('error', `the home directory cannot be moved into itself: ${home}`)
  else homes.push({ kind: 'move', from: before.home, home })
}

/** What the user owns at home stays the user's; elsewhere it does not, as with usermod(8). */
function giveHome(before: UserRecord, home: string, uid: number, gid: number, draft: Draft): void {
  const { host, homes } = draft
  const isMoved = homes.some((each) => each.kind === 'move' && each.home === home)
  const owner = host.look(isMoved ? before.home : home)?.uid
  if (!isMoved && owner !== before.uid && owner !== uid) return
  homes.push({ kind: 'give', home, uid: [before.uid, uid], gid: [before.gid, gid] })
}
