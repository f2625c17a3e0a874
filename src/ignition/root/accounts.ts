import { readFileSync } from 'node:fs'
import { lstatIfExists, type TargetRoot } from './target-root.ts'

/** The users and groups of the target root, by name. */
export type Accounts = {
  readonly users: ReadonlyMap<string, number>
  readonly groups: ReadonlyMap<string, number>
}

/** Reads /etc/passwd and /etc/group of the target root; a missing file has no names. */
export function readAccounts(root: TargetRoot): Accounts {
  return { users: idsByName(root, '/etc/passwd'), groups: idsByName(root, '/etc/group') }
}

function idsByName(root: TargetRoot, path: string): Map<string, number> {
  const file = root.resolve(path, { followLast: true })
  return new Map(lstatIfExists(file) === undefined ? [] : namedIds(readFileSync(file, 'utf8')))
}

/** Both files have the name first and the id third, between colons (passwd(5), group(5)). */
function namedIds(text: string): [string, number][] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .flatMap(([name, , id]): [string, number][] =>
      name && id && /^\d+$/.test(id) ? [[name, Number(id)]] : [],
    )
}
