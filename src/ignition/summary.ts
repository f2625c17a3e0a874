import { type Config, findingText, type Problem } from '../ignition-schema/index.ts'

/** What a config has come to on a host, in names and paths; no contents, no passwords, no keys. */
export type Summary = {
  readonly made: Readonly<Record<Kind, readonly string[]>>
  readonly removed: { readonly groups: readonly string[]; readonly users: readonly string[] }
  /** What has no or another effect than one might think, by its place in the config. */
  readonly warnings: readonly string[]
}

type Kind = 'groups' | 'users' | 'directories' | 'files' | 'links' | 'units'

/** Summarizes a config that was carried out; `problems` are the warnings of that. */
export function summarize(
  { passwd = {}, storage = {}, systemd = {} }: Config,
  problems: readonly Problem[],
): Summary {
  const accounts = { groups: passwd.groups ?? [], users: passwd.users ?? [] }
  const isGone = ({ shouldExist }: { shouldExist?: boolean }) => shouldExist === false
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name)
  const paths = (all: readonly { path: string }[] = []) => all.map(({ path }) => path)
  return {
    made: {
      groups: names(accounts.groups.filter((each) => !isGone(each))),
      users: names(accounts.users.filter((each) => !isGone(each))),
      directories: paths(storage.directories),
      files: paths(storage.files),
      links: paths(storage.links),
      units: names(systemd.units ?? []),
    },
    removed: {
      groups: names(accounts.groups.filter(isGone)),
      users: names(accounts.users.filter(isGone)),
    },
    warnings: problems.map(findingText),
  }
}
