import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { type CheckedFile, checkYaml, problemAt, type Values } from '../checked-yaml/check.ts'
import { complete } from '../checked-yaml/complete.ts'
import { type FieldPath, inFileOrder, type Problem } from '../checked-yaml/problem.ts'
import { suggestion } from '../checked-yaml/wording.ts'
import { InvalidImageError, imageErrors } from '../errors/image.ts'
import { inconsistencies } from './consistency.ts'
import type { ImageContent, ImageDefinition } from './definition.ts'
import { merge } from './merge.ts'
import { withProvisioning } from './provisioning.ts'
import { imageFileSchema, imageSchema } from './schema.ts'

export type ImageFolder = {
  /** The folder of definitions, `images/` of the checkout. */
  readonly directory: string
}

/**
 * Loads `<directory>/<name>.yaml` with everything that it inherits.
 *
 * @throws SLIPWAY_IMAGE_UNKNOWN when there is no such file, SLIPWAY_IMAGE_UNREADABLE when it cannot be
 * read, and SLIPWAY_IMAGE_INVALID (an InvalidImageError) with every mistake of all files at once.
 */
export async function loadImage(
  name: string,
  { directory }: ImageFolder,
): Promise<ImageDefinition> {
  const known = await listImages({ directory })
  if (!known.includes(name))
    throw imageErrors.error('SLIPWAY_IMAGE_UNKNOWN', {
      name,
      directory,
      known: known.join(', ') || '(the folder has none)',
    })
  const { chain, problems } = await readChain(name, directory, known)
  const [own] = chain
  if (own === undefined) throw new InvalidImageError(name, problems)
  const content = inherit(chain, problems)
  if (content === undefined || problems.length > 0)
    throw new InvalidImageError(name, inFileOrder(problems))
  return { name, ancestors: chain.slice(1).map((link) => link.name), ...content }
}

/**
 * The names of all definitions, sorted.
 *
 * @throws SLIPWAY_IMAGE_UNREADABLE when the folder cannot be read.
 */
export async function listImages({ directory }: ImageFolder): Promise<string[]> {
  const entries = await readdir(directory).catch((cause: unknown) => {
    throw imageErrors.error('SLIPWAY_IMAGE_UNREADABLE', { file: directory }, cause)
  })
  return entries
    .filter((entry) => /^[a-z0-9][a-z0-9-]*\.yaml$/.test(entry))
    .map((entry) => path.basename(entry, '.yaml'))
    .toSorted()
}

type Link = { readonly name: string; readonly checked: CheckedFile }

/** The definition and its ancestors, nearest first. */
async function readChain(name: string, directory: string, known: readonly string[]) {
  const chain: Link[] = []
  const problems: Problem[] = []
  let next: string | undefined = name
  while (next !== undefined) {
    const checked = await readDefinition(next, directory)
    problems.push(...checked.problems)
    chain.push({ name: next, checked })
    const parent: unknown = checked.value.inherits
    next = undefined
    if (typeof parent !== 'string') continue
    const wrong = inheritanceMistake(parent, chain, known)
    if (wrong === undefined) next = parent
    else problems.push(problemAt(checked, ['inherits'], wrong))
  }
  return { chain, problems }
}

function inheritanceMistake(parent: string, chain: readonly Link[], known: readonly string[]) {
  const names = chain.map((link) => link.name)
  const start = names.indexOf(parent)
  if (start >= 0) return `inherits from itself: ${[...names.slice(start), parent].join(' → ')}`
  if (!known.includes(parent)) return `there is no image "${parent}"; ${suggestion(parent, known)}`
  return undefined
}

async function readDefinition(name: string, directory: string): Promise<CheckedFile> {
  const file = path.join(directory, `${name}.yaml`)
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw imageErrors.error('SLIPWAY_IMAGE_UNREADABLE', { file }, cause)
  })
  return checkYaml(text, file, imageFileSchema, { inheriting: true })
}

/** Merges from the farthest ancestor on; adds what it finds wrong to `problems`. */
function inherit(chain: readonly Link[], problems: Problem[]): ImageContent | undefined {
  // With a file unread or unparsed, all that it says would look missing.
  if (problems.some(({ path: field }) => field === '' || field === 'inherits')) return undefined
  const fileProblems = [...problems]
  const report = (problem: Problem) => {
    if (!fileProblems.some(({ path: field }) => field.startsWith(problem.path)))
      problems.push(problem)
  }
  let values: Values = {}
  for (const { checked } of chain.toReversed()) {
    const merged = merge(values, checked.value)
    values = merged.value
    for (const drop of merged.idleDrops) report(problemAt(checked, drop.path, drop.message))
  }
  const completed = complete(values, imageSchema)
  const mistakes = 'missing' in completed ? completed.missing : inconsistencies(completed.value)
  for (const mistake of mistakes) report(problemInChain(chain, mistake.path, mistake.message))
  return 'missing' in completed ? undefined : withProvisioning(completed.value)
}

/** Blames the nearest file of the chain that says anything about the field, else the image's own. */
function problemInChain(chain: readonly Link[], field: FieldPath, message: string): Problem {
  const says = chain.find(({ checked }) => mentions(checked.value, field)) ?? chain[0]
  if (says === undefined) throw new TypeError('an image has at least its own file')
  return problemAt(says.checked, field, message)
}

function mentions(values: Values, field: FieldPath): boolean {
  let value: unknown = values
  for (const step of field) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
    value = Reflect.get(value, step)
  }
  return true
}
