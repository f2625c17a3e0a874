import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * One step of the build: a function of declared inputs to declared outputs.
 *
 * `run` writes the files named in `files` below `work.directory` and returns facts (JSON) that later
 * stages and reports need. It reads nothing but its inputs, so that equal inputs give equal outputs
 * and a stored result can stand in for a run.
 */
export type Stage<Inputs, File extends string = string, Facts = unknown> = {
  readonly name: string
  /** What the engineer reads while it runs. */
  readonly title: string
  /** `import.meta.filename` of the stage: its code is one of its inputs. */
  readonly source: string
  /** Outputs by name: a path below the result's directory, of a file or of a folder. */
  readonly files: Readonly<Record<File, string>>
  /**
   * What later stages are keyed by: the outputs' content unless told. 'inputs' saves reading outputs
   * that are large, at the price that equal content made from other inputs is not recognised.
   */
  readonly digestOf?: 'content' | 'inputs'
  run(inputs: Inputs, work: Work): Promise<Facts>
}

/** What a stage may touch while it runs. */
export type Work = {
  /** Becomes the result's directory when the stage succeeds. */
  readonly directory: string
  /** For intermediate files; removed afterwards. */
  readonly scratch: string
  readonly signal: AbortSignal
  /** Shows what is being done, within the stage. */
  progress(text: string): void
}

/** A stage's stored result. */
export type Result<File extends string = string, Facts = unknown> = {
  readonly stage: string
  readonly key: string
  /** What later stages are keyed by. */
  readonly digest: string
  readonly directory: string
  readonly files: Readonly<Record<File, string>>
  readonly facts: Facts
}

export type Components = Readonly<Record<string, string>>

/**
 * The parts of a stage's key by name: one for its code, one for each input. `--explain` compares them
 * with those of the last run.
 */
export function keyComponents<Inputs extends object>(
  stage: Stage<Inputs>,
  inputs: Inputs,
): Components {
  const components: Record<string, string> = { code: sourceDigest(stage.source) }
  for (const [name, value] of Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1)))
    components[name] = sha256(canonical(value))
  return components
}

/** The key under which a result is stored: SHA-256 over the stage's name and its components. */
export function stageKey(name: string, components: Components): string {
  return sha256(canonical([name, components]))
}

/** JSON with sorted keys, where a stage's result stands for its content. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (isResult(part)) return `result:${part.digest}`
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

function isResult(value: unknown): value is Result {
  return typeof value === 'object' && value !== null && 'digest' in value && 'stage' in value
}

/** SHA-256 over a module and the project's modules it imports for their code, however deep. */
export function sourceDigest(file: string): string {
  const seen = new Map<string, string>()
  collect(file, seen)
  return sha256(canonical([...seen.values()].sort()))
}

function collect(file: string, seen: Map<string, string>): void {
  if (seen.has(file)) return
  const text = readFileSync(file, 'utf8')
  seen.set(file, sha256(text))
  // What errors say does not change what a stage makes.
  for (const [, kind, path] of text.matchAll(
    /^(import|export)\s(?!type\b)[^'"]*?['"](\.{1,2}\/[^'"]+)['"]/gm,
  ))
    if (kind && path && !path.includes('/errors/')) collect(join(dirname(file), path), seen)
}
