import { readContents } from '../ignition/contents.ts'
import { crypttabSteps } from '../ignition/disks/crypttab.ts'
import { planMounts } from '../ignition/disks/plan-mounts.ts'
import { resourcesOf } from '../ignition/downloads.ts'
import { planSteps } from '../ignition/steps/plan.ts'
import type { DirectoryStep, FileStep, LinkStep, Step } from '../ignition/steps/step.ts'
import { stepText } from '../ignition/steps/step-text.ts'
import type { Config, Owner, Resource } from '../ignition-schema/index.ts'
import { expectedUser, explainAccounts, octal } from './accounts.ts'
import { stop } from './outcome.ts'
import { sourceOf } from './sources.ts'
import { type Case, type ExplainedStep, explained } from './step.ts'

/** Users, groups, files, directories, links and units, in the engine's order. */
export function explainNodes(config: Config): ExplainedStep[] {
  const steps = planSteps(config, {
    depthOf: (path) => path.split('/').length,
    userOf: (name) => expectedUser(config.passwd, name),
  })
  // Lines of volumes are written wherever there is one; its UUID is known on the host only.
  const records = { get: () => '… done' }
  return [...steps, ...crypttabSteps(config, records)].flatMap((step) => explainStep(step, config))
}

function explainStep(step: Step, config: Config): ExplainedStep[] {
  const base = { stage: 'files', at: step.at, text: stepText(step) } as const
  switch (step.kind) {
    case 'accounts':
      return explainAccounts(step.passwd)
    case 'file':
      return [
        explained({
          ...base,
          details: [
            ...step.append.map(appended),
            ...access(step, 0o644, config),
            ...placeOf(step, config),
          ],
          sources: resourcesOf(step).map(([resource]) => sourceOf(resource)),
          cases: fileCases(step),
        }),
      ]
    case 'directory':
      return [
        explained({
          ...base,
          details: [...access(step, 0o755, config), ...placeOf(step, config)],
          cases: directoryCases(step),
        }),
      ]
    case 'link':
      return [
        explained({
          ...base,
          details: [...(step.hard ? ['a hard link'] : owner(step)), ...placeOf(step, config)],
          cases: linkCases(step),
        }),
      ]
    case 'lines':
      return [explained({ ...base, details: step.lines })]
    case 'unmask':
      return [explained({ ...base, cases: [make('it is a link to /dev/null', 'removed')] })]
    case 'disable':
      return [explained({ ...base, details: [`links to it below ${step.path} are removed`] })]
  }
}

function fileCases(step: FileStep): Case[] {
  const { contents, overwrite, append } = step
  if (contents !== undefined)
    return replaced(step, overwrite, {
      same: 'a file with these contents, owner and mode is there',
      other: 'anything else',
    })
  const none = make(
    'nothing is there',
    append.length > 0 ? 'made of what is appended' : 'made empty',
  )
  return append.length > 0
    ? [none, make('a file is there', 'appended to'), stop('anything else is there')]
    : [
        none,
        make('a file is there', 'its contents stay, owner and mode as given'),
        stop('anything else is there'),
      ]
}

function directoryCases(step: DirectoryStep): Case[] {
  if (step.overwrite) return replaced(step, true, { other: 'anything' })
  return [
    make('nothing is there', 'made'),
    make('a directory is there', 'kept, owner and mode as given'),
    stop('anything else is there'),
  ]
}

function linkCases(step: LinkStep): Case[] {
  const same = step.hard
    ? `it is the same file as ${step.target} already`
    : `a link to ${step.target} is there`
  const cases = replaced(step, step.overwrite, { same, other: 'anything else' })
  return step.hard ? [...cases, stop(`${step.target} is not there, or is a directory`)] : cases
}

/** What units bring goes into root's own folder, which is new; only what `storage` names may be dear. */
function replaced(
  { at }: Step,
  overwrite: boolean,
  { same, other }: { readonly same?: string; readonly other: string },
): Case[] {
  const none = make('nothing is there', 'made')
  const kept = same === undefined ? [] : [make(same, 'stays as it is')]
  if (!overwrite)
    return [none, ...kept, stop(`${other} is there, which the config does not give up`)]
  const lost = {
    ...make(`${other} is there`, 'replaced: a directory with all in it, a link itself'),
    destroys: at[0] === 'storage',
  }
  return [none, ...kept, lost]
}

/** Which file system of the config it lies on: what is there already is what that one holds. */
function placeOf({ path }: Step, config: Config): string[] {
  const isOn = (place: string) =>
    place !== '/' && `${path}/`.startsWith(`${place.replace(/\/+$/, '')}/`)
  const mount = planMounts(config).findLast((each) => isOn(each.path))
  return mount === undefined ? [] : [`on the file system of ${mount.device}`]
}

function make(when: string, result: string): Case {
  return { when, result, destroys: false, stops: false }
}

function access(step: FileStep | DirectoryStep, unlessTold: number, { passwd }: Config): string[] {
  const { mode = unlessTold, at } = step
  const [section, , index, field] = at
  const name =
    section === 'passwd' && field === 'sshAuthorizedKeys'
      ? passwd?.users?.[Number(index)]?.name
      : undefined
  return [...(name === undefined ? owner(step) : [`owner ${name}`]), `mode ${octal(mode)}`]
}

function owner({ user, group }: { user: Owner; group: Owner }): string[] {
  const word = ({ name, id }: Owner) => name || (id === undefined ? 'root' : String(id))
  return [`owner ${word(user)}:${word(group)}`]
}

function appended(resource: Resource): string {
  return `appending ${sizeText(resource)}`
}

function sizeText(resource: Resource): string {
  const { isRemote, name } = sourceOf(resource)
  if (isRemote) return name
  return `${readContents(resource).data?.length ?? 0} bytes`
}
