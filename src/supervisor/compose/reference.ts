import { type SpecifiedMap, specification } from './specification.ts'

/** The reference page of what the host does with each key of the Compose specification. */
export function composeReference(): string {
  return `${introduction}\n${specification.map(sectionText).join('\n')}`
}

const introduction = `# Keys of Compose files

Generated from the tables by which the host reads Compose files; a test holds it against the schema of the
[Compose specification](https://compose-spec.io). [Compose files](host.md#compose-files) says what the keys take.

- **served**: as the Compose plugin does on one host. **differs**: served, with the difference that is told.
- **no effect**: read over, since it changes nothing on a host.
- **refused**: a mistake with this reason, and the file with it: its containers stay as they were. So is every key that
  is not here. Keys that begin with \`x-\` are left alone.
`

function sectionText(map: SpecifiedMap): string {
  const rows = [...map.known, ...Object.keys(map.refused)].toSorted().map((key) => row(map, key))
  return [`## ${map.title}`, '', '| key | | |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

function row({ refused, differences, withoutEffect }: SpecifiedMap, key: string): string {
  const cells = [
    [refused, 'refused'],
    [withoutEffect, 'no effect'],
    [differences, 'differs'],
  ] as const
  for (const [table, word] of cells)
    if (table !== undefined && Object.hasOwn(table, key))
      return `| \`${key}\` | ${word} | ${table[key]} |`
  return `| \`${key}\` | served | |`
}
