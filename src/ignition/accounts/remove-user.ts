import type { Path } from '../../ignition-schema/index.ts'
import { type Draft, findGroup, type UserRecord, usersOf } from './draft.ts'
import { leaveGroups } from './membership.ts'
import { namesIn } from './table.ts'

/** Removes a user, its own group and its home directory, as userdel(8) with `--remove` does. */
export function removeUser(user: UserRecord, at: Path, draft: Draft): void {
  const { tables, homes, problems, host } = draft
  const { name, uid, home } = user
  if (uid === 0) {
    problems.push({
      severity: 'error',
      at,
      message: `${name} cannot be removed: the host needs a user with the number 0`,
    })
    return
  }
  tables.passwd.remove(name)
  tables.shadow.remove(name)
  leaveGroups(name, [], draft)
  for (const [group, , admins] of [...tables.gshadow.rows])
    if (group !== undefined && namesIn(admins).includes(name))
      tables.gshadow.change(group, {
        2: namesIn(admins)
          .filter((each) => each !== name)
          .join(','),
      })
  removeOwnGroup(user, draft)
  const kept = reasonToKeep(user, draft)
  if (kept === undefined) homes.push({ kind: 'remove', home })
  else if (host.look(home) !== undefined)
    problems.push({ severity: 'warning', at, message: `${home} is kept: ${kept}` })
}

/** A group of the user's name that is nobody else's. */
function removeOwnGroup({ name, gid }: UserRecord, { tables, host }: Draft): void {
  const own = findGroup(tables.group, name)
  if (!host.settings.userGroups || own?.gid !== gid || own.members.length > 0) return
  if (usersOf(tables.passwd).some((other) => other.gid === gid)) return
  tables.group.remove(name)
  tables.gshadow.remove(name)
}

function reasonToKeep({ uid, home }: UserRecord, { tables, host }: Draft): string | undefined {
  const found = host.look(home)
  if (found === undefined) return 'it is not there'
  if (found.uid !== uid) return 'it belongs to somebody else'
  const isWithin = (path: string) => `${path}/`.startsWith(home.endsWith('/') ? home : `${home}/`)
  const other = usersOf(tables.passwd).find((each) => isWithin(each.home))
  return other === undefined ? undefined : `the home directory of ${other.name} is there too`
}
