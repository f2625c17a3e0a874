import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type CheckedFile, checkYaml, problemAt } from '../checked-yaml/check.ts'
import { complete } from '../checked-yaml/complete.ts'
import { type FieldPath, inFileOrder, type Problem, pathText } from '../checked-yaml/problem.ts'
import type { SectionOf } from '../checked-yaml/schema.ts'
import { nearest } from '../checked-yaml/wording.ts'
import { InvalidKernelRulesError, kernelErrors } from '../errors/kernel.ts'
import type { KernelFlavour } from '../image/definition.ts'
import type { GapAnswer, KernelFragment, KernelGap, KernelRules } from './rules.ts'
import { type FragmentFile, fragmentSchema, type GapEntry, gapsSchema } from './schema.ts'

const gapsFileName = 'known-gaps.yaml'

/**
 * Reads the fragments and known gaps of a folder, `kernel-configs/` of the checkout.
 *
 * @throws SLIPWAY_KERNEL_RULES_UNREADABLE, or SLIPWAY_KERNEL_RULES_INVALID (an
 * InvalidKernelRulesError) with every mistake of all files.
 */
export async function loadKernelRules({
  directory,
}: {
  readonly directory: string
}): Promise<KernelRules> {
  const problems: Problem[] = []
  const names = (await readable(directory, () => readdir(directory)))
    .filter((name) => name.endsWith('.yaml') && name !== gapsFileName)
    .toSorted()
  const fragments: (Loaded<FragmentFile> & { readonly name: string })[] = []
  for (const name of names) {
    const loaded = await load(path.join(directory, name), fragmentSchema, problems)
    if (loaded !== undefined) fragments.push({ ...loaded, name: path.basename(name, '.yaml') })
  }
  const gaps = await load(path.join(directory, gapsFileName), gapsSchema, problems)
  problems.push(...repeatedOptions(fragments))
  if (gaps !== undefined) {
    const required = fragments.flatMap(({ value }) => Object.keys(value.options))
    // What was wrong was left out: to call it missing as well would mislead.
    const told = gaps.checked.problems.map((problem) => problem.path)
    problems.push(
      ...gapMistakes(gaps.checked, gaps.value.gaps, required).filter(
        (mistake) => !told.some((field) => field.startsWith(`${mistake.path}.`)),
      ),
    )
  }
  if (problems.length > 0 || gaps === undefined)
    throw new InvalidKernelRulesError(inFileOrder(problems))
  return {
    fragments: fragments.map(({ name, value }) => toFragment(name, value)),
    gaps: Object.entries(gaps.value.gaps).map(([option, entry]) => toGap(option, entry)),
  }
}

type Loaded<T> = { readonly checked: CheckedFile; readonly value: T }

async function load<T>(
  file: string,
  schema: SectionOf<T>,
  problems: Problem[],
): Promise<Loaded<T> | undefined> {
  const text = await readable(file, () => readFile(file, 'utf8'))
  const checked = checkYaml(text, file, schema)
  problems.push(...checked.problems)
  if (checked.problems.some((problem) => problem.path === '')) return undefined
  const completed = complete(checked.value, schema)
  if ('value' in completed) return { checked, value: completed.value }
  const told = checked.problems.map((problem) => problem.path)
  problems.push(
    ...completed.missing
      .filter((field) => !told.includes(pathText(field.path)))
      .map((field) => problemAt(checked, field.path, field.message)),
  )
  return undefined
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  return await read().catch((cause: unknown) => {
    throw kernelErrors.error('SLIPWAY_KERNEL_RULES_UNREADABLE', { file }, cause)
  })
}

/** An option in two fragments would sooner or later be required to be two things. */
function repeatedOptions(
  fragments: readonly (Loaded<FragmentFile> & { readonly name: string })[],
): Problem[] {
  const owners = new Map<string, string>()
  return fragments.flatMap(({ name, checked, value }) =>
    Object.keys(value.options).flatMap((option) => {
      const owner = owners.get(option)
      if (owner === undefined) owners.set(option, name)
      return owner === undefined
        ? []
        : [problemAt(checked, ['options', option], `${owner}.yaml speaks of it already`)]
    }),
  )
}

function gapMistakes(
  checked: CheckedFile,
  gaps: Readonly<Record<string, GapEntry>>,
  required: readonly string[],
): Problem[] {
  return Object.entries(gaps).flatMap(([option, { closedBy, accepted }]) => {
    const at: FieldPath = ['gaps', option]
    const found: Problem[] = []
    if (!required.includes(option)) {
      const near = nearest(option, required)
      const hint = near === undefined ? '' : `; did you mean "${near}"?`
      found.push(problemAt(checked, at, `no fragment speaks of it${hint}`))
    }
    if ((closedBy === undefined) === (accepted === undefined))
      found.push(problemAt(checked, at, 'expected either closedBy or accepted'))
    const { commandLine = [], sysctls = {} } = closedBy ?? {}
    if (closedBy !== undefined && commandLine.length + Object.keys(sysctls).length === 0)
      found.push(
        problemAt(checked, [...at, 'closedBy'], 'expected an argument or a sysctl that closes it'),
      )
    return found
  })
}

function toFragment(name: string, file: FragmentFile): KernelFragment {
  return {
    name,
    about: file.about,
    flavours: file.flavours.filter(isFlavour),
    requirements: Object.entries(file.options).map(([option, { value, reason }]) => ({
      option,
      values: value === 'forbidden' ? [] : value.split('|'),
      reason,
    })),
  }
}

function toGap(option: string, { leaves, closedBy, accepted }: GapEntry): KernelGap {
  const answer: GapAnswer =
    closedBy === undefined
      ? { kind: 'accepted', because: accepted ?? '' }
      : { kind: 'closed', by: closedBy }
  return { option, leaves, answer }
}

function isFlavour(name: string): name is KernelFlavour {
  return name === 'cloud' || name === 'generic'
}
