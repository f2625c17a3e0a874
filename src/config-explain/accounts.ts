import {
  type AccountTexts,
  findUser,
  type HomeAction,
  type Surroundings,
  type UserRecord,
} from '../ignition/accounts/draft.ts'
import { type AccountPlan, planAccounts } from '../ignition/accounts/plan.ts'
import { accountSettings } from '../ignition/accounts/settings.ts'
import { namesIn, Table } from '../ignition/accounts/table.ts'
import type { Config, Group, User } from '../ignition-schema/index.ts'
import { stop } from './outcome.ts'
import { type Case, type ExplainedStep, explained } from './step.ts'

type Passwd = NonNullable<Config['passwd']>

/** Groups, then users, each by what the engine plans for a host that has it not, or has it. */
export function explainAccounts(passwd: Passwd): ExplainedStep[] {
  const { groups = [], users = [] } = passwd
  return [
    ...groups.map((group, index) =>
      explained({
        stage: 'files',
        at: ['passwd', 'groups', index],
        text: `group ${group.name}`,
        cases: groupCases(group),
      }),
    ),
    ...users.map((user, index) =>
      explained({
        stage: 'files',
        at: ['passwd', 'users', index],
        text: `user ${user.name}`,
        cases: [...userCases(user, passwd), ...missingGroups(user, passwd)],
      }),
    ),
  ]
}

/** A user of the config as it will be, if the image does not have it otherwise. */
export function expectedUser(passwd: Passwd | undefined, name: string): UserRecord | undefined {
  const { texts } = planAccounts(passwd ?? {}, assumedTexts(passwd ?? {}), surroundings)
  return findUser(new Table(texts.passwd), name)
}

const before = { id: 4242, home: '/a-home-directory' }

const surroundings: Surroundings = {
  settings: accountSettings('', ''),
  today: 0,
  look: (path) => (path === before.home ? { uid: before.id, isDirectory: true } : undefined),
  hasBegunToMove: () => false,
}

/** Accounts of a host that has root, and every group that the config names and does not make. */
function assumedTexts(passwd: Passwd, more: Partial<AccountTexts> = {}): AccountTexts {
  const named = otherGroups(passwd.users ?? [], passwd)
  const lines = named.map((name, index) =>
    /^\d+$/.test(name) ? `g${name}:x:${name}:` : `${name}:x:${60_001 + index}:`,
  )
  return {
    passwd: `root:x:0:0::/root:/usr/bin/nologin\n${more.passwd ?? ''}`,
    group: ['root:x:0:', ...lines, ''].join('\n') + (more.group ?? ''),
    shadow: more.shadow ?? '',
    gshadow: more.gshadow ?? '',
  }
}

/** Groups that users are to be in and the config does not make. */
function otherGroups(users: readonly User[], { groups = [] }: Passwd): string[] {
  const own = new Set(groups.flatMap(({ name, gid }) => [name, String(gid)]))
  const named = users.flatMap(({ groups: more = [], primaryGroup }) => [
    ...more,
    ...(primaryGroup ? [primaryGroup] : []),
  ])
  return [...new Set(named)].filter((name) => !own.has(name) && name !== 'root' && name !== '0')
}

function groupCases(group: Group): Case[] {
  const { name, gid, passwordHash } = group
  const plan = (texts: Partial<AccountTexts>) =>
    planAccounts({ groups: [group] }, assumedTexts({}, texts), surroundings)
  const changes = [
    ...(gid === undefined ? [] : [`number ${gid}`]),
    ...(passwordHash ? ['password'] : []),
  ]
  const added = `added, number ${gid ?? 'the next free one'}`
  const isGone = group.shouldExist === false
  return [
    accountCase('the host has no such group', plan({}), isGone ? 'nothing' : added),
    accountCase(
      'it has one',
      plan({ group: `${name}:x:${before.id}:\n` }),
      isGone ? 'removed' : changed(changes),
    ),
  ]
}

function userCases(user: User, passwd: Passwd): Case[] {
  const { name, uid } = user
  const only = { groups: passwd.groups ?? [], users: [user] }
  const row = `${name}:x:${before.id}:${before.id}::${before.home}:/a-shell\n`
  const existing = {
    passwd: row,
    group: `${name}:x:${before.id}:\n`,
    shadow: `${name}:old:0::::::\n`,
  }
  const absent = planAccounts(only, assumedTexts(only), surroundings)
  // An account of the name is already among those assumed.
  const base = name === 'root' ? {} : existing
  const present = planAccounts(only, assumedTexts(only, base), surroundings)
  const added = findUser(new Table(absent.texts.passwd), name)
  const words =
    added === undefined
      ? ['nothing']
      : [
          `added, number ${uid ?? 'the next free one'}`,
          `home directory ${added.home}`,
          ...homeWords(absent.homes),
          `shell ${added.shell}`,
          ...memberWords(name, absent),
          user.passwordHash ? 'with a password' : 'no password',
        ]
  return [
    ...(name === 'root'
      ? []
      : [accountCase('the host has no such user', absent, words.join(', '))]),
    accountCase('it has one', present, existingWords(user, present)),
  ]
}

function existingWords(user: User, plan: AccountPlan): string {
  const { name, uid, gecos, homeDir, primaryGroup, shell, passwordHash } = user
  if (user.shouldExist === false) return ['removed', ...homeWords(plan.homes)].join(', ')
  const after = findUser(new Table(plan.texts.passwd), name)
  return changed([
    ...(uid === undefined ? [] : [`number ${uid}`]),
    ...(primaryGroup ? [`primary group ${primaryGroup}`] : []),
    ...(gecos ? ['comment'] : []),
    ...(homeDir ? [`home directory ${after?.home ?? homeDir}`] : []),
    ...homeWords(plan.homes),
    ...(shell ? [`shell ${shell}`] : []),
    ...(passwordHash === undefined ? [] : ['password']),
    ...((user.groups ?? []).length > 0 ? memberWords(name, plan) : []),
  ])
}

function changed(changes: readonly string[]): string {
  return changes.length === 0 ? 'kept as it is' : `changed: ${changes.join(', ')}`
}

function homeWords(homes: readonly HomeAction[]): string[] {
  return homes.map(homeText)
}

function homeText(home: HomeAction): string {
  switch (home.kind) {
    case 'create':
      return `made from ${home.skeleton} (${octal(home.mode)}) unless it is there`
    case 'move':
      return 'moved there'
    case 'give':
      return 'where its files get the new number'
    case 'remove':
      return 'and its home directory with all in it'
  }
}

function memberWords(name: string, { texts }: AccountPlan): string[] {
  const groups = new Table(texts.group).rows
    .filter((row) => namesIn(row[3]).includes(name))
    .map(([group]) => group)
  return groups.length === 0 ? [] : [`member of ${groups.join(', ')}`]
}

/** What cannot be had in one way or the other stops before anything is written. */
function accountCase(when: string, { problems, homes }: AccountPlan, result: string): Case {
  const error = problems.find(({ severity }) => severity === 'error')
  if (error !== undefined) return stop(when, error.message)
  const destroys = homes.some(({ kind }) => kind === 'remove')
  return { when, result, destroys, stops: false }
}

function missingGroups(user: User, passwd: Passwd): Case[] {
  const others = user.shouldExist === false ? [] : otherGroups([user], passwd)
  return others.length === 0 ? [] : [stop(`the host lacks one of the groups ${others.join(', ')}`)]
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
