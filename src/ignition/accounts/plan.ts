import { isSlipwayError } from '../../errors/error.ts'
import type { Config } from '../../ignition-schema/index.ts'
import {
  type AccountProblem,
  type AccountTexts,
  accountFiles,
  type Draft,
  type HomeAction,
  type Surroundings,
} from './draft.ts'
import { planGroup } from './plan-group.ts'
import { planUser } from './plan-user.ts'
import { Table } from './table.ts'

/** What the account files become, and what is done to home directories before. */
export type AccountPlan = {
  readonly texts: AccountTexts
  readonly homes: readonly HomeAction[]
  readonly problems: readonly AccountProblem[]
}

/**
 * Plans the groups, then the users of a config, each in its order, as the reference implementation does with
 * the programs of shadow. With an error among the problems nothing may be carried out.
 */
export function planAccounts(
  { groups = [], users = [] }: NonNullable<Config['passwd']>,
  before: AccountTexts,
  host: Surroundings,
): AccountPlan {
  const tables = {
    group: new Table(before.group),
    gshadow: new Table(before.gshadow),
    shadow: new Table(before.shadow),
    passwd: new Table(before.passwd),
  }
  const draft: Draft = { tables, host, homes: [], problems: [] }
  groups.forEach((group, index) => {
    planGroup(group, ['passwd', 'groups', index], draft)
  })
  users.forEach((user, index) => {
    const at = ['passwd', 'users', index]
    try {
      planUser(user, at, draft)
    } catch (error) {
      // A home directory below a file, or through a loop of links.
      if (!isSlipwayError(error)) throw error
      draft.problems.push({ severity: 'error', at, message: error.message })
    }
  })
  const texts = { group: '', gshadow: '', shadow: '', passwd: '' }
  for (const file of accountFiles) texts[file] = tables[file].toString()
  return { texts, homes: draft.homes, problems: draft.problems }
}
