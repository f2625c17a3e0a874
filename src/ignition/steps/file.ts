import { chmodSync, chownSync, readFileSync, rmSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { ignitionErrors } from '../../errors/ignition.ts'
import type { Resource } from '../../ignition-schema/index.ts'
import { readContents } from '../contents.ts'
import { type Access, adoptFile, replaceFile, sync } from '../root/durable.ts'
import { hasParts, type Part, sizeOf } from '../root/parts.ts'
import { lstatIfExists } from '../root/target-root.ts'
import { ownerIds, type StepContext } from './context.ts'
import { contentState } from './journal.ts'
import type { FileStep, LinesStep } from './step.ts'

/** Makes a file what the config wants; throws SLIPWAY_IGNITION_NODE_EXISTS. */
export function makeFile(step: FileStep, path: string, context: StepContext): void {
  const existing = lstatIfExists(path)
  if (step.contents !== undefined) writeContents(step, step.contents, path, existing, context)
  else if (existing !== undefined && !existing.isFile()) throw exists(step.path, 'a file')
  else if (step.append.length > 0) appendContents(step, path, existing, context)
  else if (existing === undefined) put(path, [], access(step, context), context)
  else {
    const wanted = access(step, context, existing)
    const changes = hasAccess(existing, wanted) ? '' : '; mode and owner are as asked for now'
    context.kept.add('files', step.path, `it is there, and no contents are given${changes}`)
    setAccess(path, wanted)
  }
}

function writeContents(
  step: FileStep,
  contents: Resource,
  path: string,
  existing: Stats | undefined,
  context: StepContext,
): void {
  const data = [contents, ...step.append].map((each) => partOf(each, context))
  const wanted = access(step, context)
  if (existing?.isFile() && isSame(path, existing, data, wanted)) {
    context.kept.add('files', step.path, 'it has the contents, mode and owner asked for')
    return
  }
  if (existing !== undefined && !step.overwrite) throw exists(step.path, 'what the config wants')
  if (existing?.isDirectory()) rmSync(path, { recursive: true })
  const [only, ...more] = data
  if (only !== undefined && 'file' in only && more.length === 0)
    adopt(only.file, path, wanted, context)
  else put(path, data, wanted, context)
}

/** What was fetched is moved where it can be: it may be large. */
function adopt(file: string, path: string, wanted: Access, context: StepContext): void {
  context.root.makeParents(path, context.changes.add)
  if (!adoptFile(file, path, wanted)) put(path, [{ file }], wanted, context)
  else context.changes.add(dirname(path))
}

function appendContents(
  step: FileStep,
  path: string,
  existing: Stats | undefined,
  context: StepContext,
): void {
  const before: Part[] = existing === undefined ? [] : [{ file: path }]
  if (existing !== undefined && context.journal.has(step.path, contentState(before))) return
  const data = [...before, ...step.append.map((each) => partOf(each, context))]
  // Before the file changes: afterwards nothing would tell that it did.
  context.journal.record(step.path, contentState(data))
  put(path, data, access(step, context, existing), context)
}

/** Adds lines to a file, each once; makes it when it is missing. */
export function addLines(step: LinesStep, path: string, context: StepContext): void {
  const existing = lstatIfExists(path)
  if (existing !== undefined && !existing.isFile()) throw exists(step.path, 'a file')
  const before = existing === undefined ? '' : readFileSync(path, 'utf8')
  const present = before.split('\n')
  const missing = step.lines.filter((line) => !present.includes(line))
  if (missing.length === 0) return
  const begin = before === '' || before.endsWith('\n') ? before : `${before}\n`
  const data = Buffer.from(`${begin}${missing.join('\n')}\n`)
  const mode = existing === undefined ? step.mode : undefined
  const wanted = { user: {}, group: {}, ...(mode !== undefined && { mode }) }
  put(path, [data], access(wanted, context, existing), context)
}

function put(
  path: string,
  data: readonly Part[],
  wanted: Access,
  { root, changes }: StepContext,
): void {
  root.makeParents(path, changes.add)
  replaceFile(path, data, wanted)
  changes.add(dirname(path))
}

function isSame(path: string, existing: Stats, data: readonly Part[], wanted: Access): boolean {
  return existing.size === sizeOf(data) && hasAccess(existing, wanted) && hasParts(path, data)
}

function setAccess(path: string, wanted: Access): void {
  const existing = lstatIfExists(path)
  if (existing !== undefined && hasAccess(existing, wanted)) return
  chownSync(path, wanted.uid, wanted.gid)
  chmodSync(path, wanted.mode)
  sync(path)
}

function hasAccess(stats: Stats, wanted: Access): boolean {
  return (
    stats.uid === wanted.uid && stats.gid === wanted.gid && (stats.mode & 0o7777) === wanted.mode
  )
}

function access(
  step: Pick<FileStep, 'user' | 'group' | 'mode'>,
  { accounts }: StepContext,
  existing?: Stats,
): Access {
  const mode = step.mode ?? (existing === undefined ? 0o644 : existing.mode & 0o7777)
  return { ...ownerIds(step, accounts, existing), mode }
}

function partOf(resource: Resource, { downloads }: StepContext): Part {
  const file = downloads.get(resource)
  if (file !== undefined) return { file }
  const { data, mistake } = readContents(resource)
  if (data === undefined) throw new RangeError(`a resource was not checked before: ${mistake}`)
  return data
}

function exists(path: string, wanted: string) {
  return ignitionErrors.error('SLIPWAY_IGNITION_NODE_EXISTS', { path, wanted })
}
