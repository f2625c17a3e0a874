import { rmSync } from 'node:fs'
import { isSlipwayError, type SlipwayError } from '../../errors/error.ts'
import { ignitionErrors } from '../../errors/ignition.ts'
import { temporaryPath } from '../root/durable.ts'
import { changeAccounts } from './accounts.ts'
import type { StepContext } from './context.ts'
import { makeDirectory } from './directory.ts'
import { addLines, makeFile } from './file.ts'
import { makeLink } from './link.ts'
import type { Step } from './step.ts'
import { disableUnit, unmaskUnit } from './unit-links.ts'

/**
 * Carries out one step below the target root; doing so again changes nothing. Everything appears
 * whole: a run that was cut at any point can be repeated. Throws SlipwayError.
 */
export function carryOut(step: Step, context: StepContext): void {
  try {
    const path = context.root.resolve(step.path)
    // The root's own would be beside it, outside of what may be touched.
    if (path !== context.root.directory)
      rmSync(temporaryPath(path), { force: true, recursive: true })
    dispatch(step, path, context)
  } catch (error) {
    throw isSlipwayError(error) ? error : failure(step, error)
  }
}

function dispatch(step: Step, path: string, context: StepContext): void {
  if (step.kind === 'accounts') changeAccounts(step, context)
  else if (step.kind === 'file') makeFile(step, path, context)
  else if (step.kind === 'directory') makeDirectory(step, path, context)
  else if (step.kind === 'link') makeLink(step, path, context)
  else if (step.kind === 'unmask') unmaskUnit(path, context.changes)
  else if (step.kind === 'disable') disableUnit(step.unit, path, context)
  else addLines(step, path, context)
}

/** The system's own words for what went wrong, without the path of a temporary file. */
function failure({ path }: Step, cause: unknown): SlipwayError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const words: Readonly<Record<string, string>> = {
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EBUSY: 'it is a mount point',
    ENOTDIR: 'a parent is not a directory',
    ENAMETOOLONG: 'the name is too long',
  }
  const reason = words[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return ignitionErrors.error('SLIPWAY_IGNITION_NODE_FAILED', { path, reason }, cause)
}
