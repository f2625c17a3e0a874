import { supervisorErrors } from '../../errors/supervisor.ts'

/** Who a container's process is, as the OCI runtime configuration says it. */
export type ProcessUser = {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
  readonly home: string
}

/**
 * Looks up an image's `User` (`user[:group]`, names or numbers) in the image's own /etc/passwd and
 * /etc/group, as Docker does; `moreGroups` are joined besides. Throws SLIPWAY_SUPERVISOR_USER_UNKNOWN for a name that is not there.
 */
export function lookUpUser(
  specification: string,
  passwd: string,
  group: string,
  moreGroups: readonly string[] = [],
): ProcessUser {
  const [userText = '', groupText = ''] = specification.split(':')
  const users = records(passwd)
  const groups = records(group)
  const user = userText === '' ? '0' : userText
  const number = parseId(user)
  const entry = users.find(([name, , uid]) =>
    number === undefined ? name === user : uid === String(number),
  )
  const uid = entry === undefined ? number : Number(entry[2])
  if (uid === undefined || !Number.isSafeInteger(uid)) throw unknown('user', user, 'passwd')
  const gid = groupText === '' ? Number(entry?.[3] ?? 0) : lookUpGroup(groupText, groups)
  const name = entry?.[0]
  const more = moreGroups.map((text) => lookUpGroup(text, groups))
  const ofUser =
    name === undefined || groupText !== ''
      ? []
      : groups.filter(([, , , members]) => members?.split(',').includes(name)).map(groupId)
  return {
    uid,
    gid,
    // The main group too: without it a file that keeps the group out would let the user in by its mode for others.
    additionalGids: [...new Set([...ofUser, ...more, gid])],
    home: entry?.[5] || '/',
  }
}

function lookUpGroup(text: string, groups: readonly string[][]): number {
  const number = parseId(text)
  if (number !== undefined) return number
  const entry = groups.find(([name]) => name === text)
  if (entry === undefined) throw unknown('group', text, 'group')
  return groupId(entry)
}

function groupId(entry: readonly string[]): number {
  return Number(entry[2])
}

function parseId(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) && Number(text) <= 0xffffffff ? Number(text) : undefined
}

function records(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line) => line.trim().split(':'))
    .filter((fields) => /^\d+$/.test(fields[2] ?? ''))
}

function unknown(kind: string, name: string, file: string): Error {
  return supervisorErrors.error('SLIPWAY_SUPERVISOR_USER_UNKNOWN', { kind, name, file })
}
