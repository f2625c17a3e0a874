import {
  lchownSync,
  linkSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
} from 'node:fs'
import { dirname, normalize } from 'node:path'
import { ignitionErrors } from '../../errors/ignition.ts'
import { temporaryPath } from '../root/durable.ts'
import { lstatIfExists } from '../root/target-root.ts'
import { ownerIds, type StepContext } from './context.ts'
import type { LinkStep } from './step.ts'

/** Makes a symbolic or hard link; one that leads there already is left alone. */
export function makeLink(step: LinkStep, path: string, context: StepContext): void {
  const existing = lstatIfExists(path)
  if (step.hard) makeHardLink(step, path, existing, context)
  else makeSymbolicLink(step, path, existing, context)
}

function makeSymbolicLink(
  step: LinkStep,
  path: string,
  existing: Stats | undefined,
  context: StepContext,
): void {
  const { uid, gid } = ownerIds(step, context.accounts)
  if (existing?.isSymbolicLink() && normalize(readlinkSync(path)) === normalize(step.target)) {
    if (step.overwrite) lchownSync(path, uid, gid)
    context.kept.add('links', step.path, 'it leads there already')
    return
  }
  replace(step, path, existing, context, (temporary) => {
    symlinkSync(step.target, temporary)
    lchownSync(temporary, uid, gid)
  })
}

function makeHardLink(
  step: LinkStep,
  path: string,
  existing: Stats | undefined,
  context: StepContext,
): void {
  const target = context.root.resolve(step.target)
  const stats = lstatIfExists(target)
  if (stats === undefined) throw badTarget(step, 'does not exist')
  if (stats.isDirectory()) throw badTarget(step, 'is a directory')
  if (existing?.ino === stats.ino && existing.dev === stats.dev) {
    context.kept.add('links', step.path, 'it is the same file already')
    return
  }
  replace(step, path, existing, context, (temporary) => linkSync(target, temporary))
}

function replace(
  { path: hostPath, target, overwrite }: LinkStep,
  path: string,
  existing: Stats | undefined,
  { root, changes }: StepContext,
  make: (temporary: string) => void,
): void {
  if (existing !== undefined && !overwrite)
    throw ignitionErrors.error('SLIPWAY_IGNITION_NODE_EXISTS', {
      path: hostPath,
      wanted: `a link to ${target}`,
    })
  if (existing?.isDirectory()) rmSync(path, { recursive: true })
  root.makeParents(path, changes.add)
  const temporary = temporaryPath(path)
  make(temporary)
  renameSync(temporary, path)
  changes.add(dirname(path))
}

function badTarget({ path, target }: LinkStep, reason: string) {
  return ignitionErrors.error('SLIPWAY_IGNITION_LINK_TARGET', { path, target, reason })
}
