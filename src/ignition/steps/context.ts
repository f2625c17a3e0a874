import type { Owner } from '../../ignition-schema/index.ts'
import type { Accounts } from '../accounts/account-files.ts'
import type { Downloads } from '../downloads.ts'
import type { Kept } from '../kept.ts'
import { sync } from '../root/durable.ts'
import type { TargetRoot } from '../root/target-root.ts'
import type { Journal } from './journal.ts'

/** What the steps of one run share. */
export type StepContext = {
  readonly root: TargetRoot
  readonly accounts: Accounts
  readonly journal: Journal
  readonly changes: Changes
  readonly downloads: Downloads
  /** What is left as it is. */
  readonly kept: Pick<Kept, 'add'>
}

/** The directories whose entries have to reach the disk before the host counts as provisioned. */
export class Changes {
  readonly #directories = new Set<string>()

  readonly add = (directory: string): void => {
    this.#directories.add(directory)
  }

  /** A later step may have replaced a directory that an earlier one wrote to. */
  sync(exists: (directory: string) => boolean): void {
    for (const directory of this.#directories) if (exists(directory)) sync(directory)
  }
}

type Owned = { readonly user: Owner; readonly group: Owner }

/** The ids of an owner whose names are known to exist; what is not given stays as in `otherwise`. */
export function ownerIds(
  { user, group }: Owned,
  { users, groups }: Accounts,
  otherwise: { readonly uid: number; readonly gid: number } = { uid: 0, gid: 0 },
): { uid: number; gid: number } {
  return {
    uid: user.id ?? users.get(user.name ?? '') ?? otherwise.uid,
    gid: group.id ?? groups.get(group.name ?? '') ?? otherwise.gid,
  }
}
