import type { Path } from '../../ignition-schema/index.ts'
import { type Draft, findGroupOrId } from './draft.ts'
import { namesIn, type Table } from './table.ts'

/** The names of groups given by name or number; undefined, and problems, when one is missing. */
export function knownGroups(
  wanted: readonly string[],
  at: Path,
  { tables, problems }: Draft,
): string[] | undefined {
  const names = wanted.flatMap((text, index) => {
    const group = findGroupOrId(tables.group, text)
    if (group !== undefined) return [group.name]
    problems.push({
      severity: 'error',
      at: [...at, index],
      message: `the host has no group "${text}"`,
      expected: 'a group of the image or of this config, or its number',
    })
    return []
  })
  return names.length === wanted.length ? names : undefined
}

/** Makes a user a member of groups, beside those it is in. */
export function joinGroups(user: string, groups: readonly string[], { tables }: Draft): void {
  for (const table of [tables.group, tables.gshadow])
    changeMembers(table, (members, group) =>
      groups.includes(group) && !members.includes(user) ? [...members, user] : members,
    )
}

/** Takes a user out of all groups but these. */
export function leaveGroups(user: string, staysIn: readonly string[], { tables }: Draft): void {
  for (const table of [tables.group, tables.gshadow])
    changeMembers(table, (members, group) =>
      staysIn.includes(group) ? members : members.filter((member) => member !== user),
    )
}

function changeMembers(
  table: Table,
  change: (members: readonly string[], group: string) => readonly string[],
): void {
  for (const row of [...table.rows]) {
    const [name, , , members] = row
    if (row.length < 4 || name === undefined) continue
    const after = change(namesIn(members), name)
    if (after.join(',') !== members) table.change(name, { 3: after.join(',') })
  }
}
