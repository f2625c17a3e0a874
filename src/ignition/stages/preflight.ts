import { dirname } from 'node:path'
import { isSlipwayError } from '../../errors/error.ts'
import type { Owner, ParsedConfig, Path, Problem } from '../../ignition-schema/index.ts'
import type { Accounts } from '../accounts/account-files.ts'
import { isRemote } from '../assembly/needs-network.ts'
import { readContents } from '../contents.ts'
import { resourcesOf } from '../downloads.ts'
import type { TargetRoot } from '../root/target-root.ts'
import type { DirectoryStep, FileStep, LinkStep, Step } from '../steps/step.ts'

/** Everything that would stop one of the steps and can be known before the first one is done. */
export function preflight(
  steps: readonly Step[],
  parsed: ParsedConfig,
  root: TargetRoot,
  accounts: Accounts,
): Problem[] {
  return [
    ...steps.flatMap((step) => {
      if (step.kind === 'file') return [...contentProblems(step, parsed), ...ownerProblems(step)]
      return step.kind === 'directory' || step.kind === 'link' ? ownerProblems(step) : []
    }),
    ...placeProblems(steps, parsed, root),
  ]

  function ownerProblems(step: { at: Path; user: Owner; group: Owner }): Problem[] {
    return [
      ...nameProblems(step.user, accounts.users, [...step.at, 'user', 'name'], parsed),
      ...nameProblems(step.group, accounts.groups, [...step.at, 'group', 'name'], parsed),
    ]
  }
}

function nameProblems(
  { name }: Owner,
  known: ReadonlyMap<string, number>,
  path: Path,
  parsed: ParsedConfig,
): Problem[] {
  if (name === undefined || name === '' || known.has(name)) return []
  const what = path.includes('user') ? 'user' : 'group'
  return [
    parsed.problem(
      'error',
      path,
      `the host has no ${what} "${name}"`,
      `a ${what} of the image or of this config, or an id`,
    ),
  ]
}

function contentProblems(step: FileStep, parsed: ParsedConfig): Problem[] {
  return resourcesOf(step).flatMap(([resource, path]) => {
    if (isRemote(resource)) return []
    const contents = readContents(resource)
    if (contents.mistake === undefined) return []
    return [
      parsed.problem(
        'error',
        [...path, contents.part],
        contents.mistake,
        'the data as it was meant',
      ),
    ]
  })
}

/** Two paths of the config may turn out to be one, or to cross, once links are followed. */
function placeProblems(steps: readonly Step[], parsed: ParsedConfig, root: TargetRoot): Problem[] {
  const problems: Problem[] = []
  const places = new Map<string, Step>()
  const wrong = (step: Step, message: string, expected: string) =>
    problems.push(parsed.problem('error', [...step.at, 'path'], message, expected))
  for (const step of steps) {
    if (!isNode(step)) continue
    try {
      const place = root.hostPath(root.resolve(step.path))
      if (place === '/' && (step.kind !== 'directory' || step.overwrite))
        wrong(step, 'the root itself can only be given a mode and an owner', 'another path')
      const other = places.get(place)
      if (other !== undefined && other.path !== step.path)
        wrong(step, `${step.path} and ${other.path} are both ${place}`, 'one of them')
      places.set(place, step)
    } catch (error) {
      if (!isSlipwayError(error)) throw error
      wrong(step, error.message, 'another path')
    }
  }
  for (const [place, step] of places) {
    const link = ancestors(place).find((each) => places.get(each)?.kind === 'link')
    if (link !== undefined)
      wrong(step, `${step.path} goes through ${link}, a link of this config`, 'the real path')
  }
  return problems
}

function isNode(step: Step): step is FileStep | DirectoryStep | LinkStep {
  return step.kind === 'file' || step.kind === 'directory' || step.kind === 'link'
}

function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...ancestors(parent)]
}
