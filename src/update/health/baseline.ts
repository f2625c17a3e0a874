import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isAbsence } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { JsonShapeError, object, optional, parseJson, texts } from '../../json/value.ts'

/** What was well before the reboot into a new release: what must be so again. */
export type Baseline = {
  /** Names of the containers that ran, and were healthy if they have a health check. */
  readonly containers: readonly string[]
  /** Names of the interfaces that had an address. */
  readonly interfaces: readonly string[]
  /** What failed in the place of a container, and when; absent when nobody asked. */
  readonly refusals?: readonly string[]
}

export const baselineFile = '/var/lib/slipway/update/baseline.json'

/** Keeps the baseline over the reboot; the file is the old one or the new one after a power cut. */
export async function saveBaseline(baseline: Baseline, file = baselineFile): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFileAtomically(file, `${JSON.stringify({ formatVersion: 1, ...baseline })}\n`)
}

/**
 * Reads it. A host that was rebooted before there was one has nothing to compare with: an empty baseline. So has
 * one whose file is damaged: `problem` says so, and the release is not to blame.
 */
export async function loadBaseline(
  file = baselineFile,
): Promise<Baseline & { readonly problem?: string }> {
  const nothing = { containers: [], interfaces: [] }
  try {
    const { containers, interfaces, refusals } = object(parseJson(await readFile(file)), file)
    const known = optional(refusals, 'refusals', texts)
    return {
      containers: texts(containers, 'containers'),
      interfaces: texts(interfaces, 'interfaces'),
      ...(known === undefined ? {} : { refusals: known }),
    }
  } catch (error) {
    if (isAbsence(error)) return nothing
    if (error instanceof JsonShapeError) return { ...nothing, problem: `${file}: ${error.message}` }
    throw error
  }
}
