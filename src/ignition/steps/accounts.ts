import { existsSync } from 'node:fs'
import type { Config } from '../../ignition-schema/index.ts'
import {
  type Accounts,
  accountsIn,
  readAccountSettings,
  readAccountTexts,
} from '../accounts/account-files.ts'
import { commitAccounts, isCommitted, putInPlace } from '../accounts/commit.ts'
import { type AccountProblem, findUser, type UserRecord } from '../accounts/draft.ts'
import { carryOutHome, lookInto } from '../accounts/homes.ts'
import { withAccountsLocked } from '../accounts/lock.ts'
import { type AccountPlan, planAccounts } from '../accounts/plan.ts'
import { Table } from '../accounts/table.ts'
import { type Kept, KeptInJournal } from '../kept.ts'
import type { TargetRoot } from '../root/target-root.ts'
import type { StepContext } from './context.ts'
import type { Journal } from './journal.ts'
import type { AccountsStep } from './step.ts'

/** Users and groups as they will be once the config's are made, and what is wrong with those. */
export type ExpectedAccounts = {
  readonly accounts: Accounts
  readonly problems: readonly AccountProblem[]
  userOf(name: string): UserRecord | undefined
}

/** Looks ahead; changes nothing but to end what a run that was cut had decided already. */
export function expectAccounts(
  passwd: Config['passwd'],
  root: TargetRoot,
  journal: Journal,
): ExpectedAccounts {
  if (isCommitted(journal)) withAccountsLocked(root, journal, () => putInPlace(root))
  const { texts, problems } = isCommitted(journal)
    ? { texts: readAccountTexts(root), problems: [] }
    : plan(passwd ?? {}, root, journal)
  const table = new Table(texts.passwd)
  return { accounts: accountsIn(texts), problems, userOf: (name) => findUser(table, name) }
}

/**
 * Tells whom the host had before. Once the config's are made this cannot be seen any more: it is kept in the journal
 * until the host is provisioned.
 */
export function keptAccounts(
  { users = [], groups = [] }: NonNullable<Config['passwd']>,
  root: TargetRoot,
  journal: Journal,
): Pick<Kept, 'reasonFor'> {
  const kept = new KeptInJournal(journal)
  if (isCommitted(journal)) return kept
  const texts = readAccountTexts(root)
  for (const [kind, wanted, table] of [
    ['groups', groups, new Table(texts.group)],
    ['users', users, new Table(texts.passwd)],
  ] as const)
    for (const { name, shouldExist } of wanted) {
      const isThere = table.find(name) !== undefined
      if (shouldExist === false ? isThere : !isThere) continue
      const reason = isThere
        ? 'it is there; what is given of it is as asked for'
        : 'it was not there'
      kept.add(kind, name, reason)
    }
  return kept
}

/** Makes, changes and removes users and groups; once in a machine's life, however often it is cut. */
export function changeAccounts({ passwd }: AccountsStep, context: StepContext): void {
  const { root, journal } = context
  if (isCommitted(journal)) return
  withAccountsLocked(root, journal, () => {
    const { texts, homes } = plan(passwd, root, journal)
    for (const home of homes) carryOutHome(home, context)
    // What comes before the account files is on the disk before them: a later run leaves it alone.
    context.changes.sync(existsSync)
    commitAccounts(root, journal, texts)
  })
}

function plan(
  passwd: NonNullable<Config['passwd']>,
  root: TargetRoot,
  journal: Journal,
): AccountPlan {
  return planAccounts(passwd, readAccountTexts(root), {
    settings: readAccountSettings(root),
    today: Math.floor(Date.now() / 86_400_000),
    ...lookInto(root, journal),
  })
}
