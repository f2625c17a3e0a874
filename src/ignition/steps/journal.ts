import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { journalPath } from '../paths.ts'
import { replaceFile, sync } from '../root/durable.ts'
import { chunksOf, type Part } from '../root/parts.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'

/**
 * Remembers the few things that cannot be seen on the disk and must not be done twice, for a run
 * after a power loss: that a file got its appendix, that a directory was emptied, that a home directory is
 * moved, that the account files of a run are all written.
 */
export class Journal {
  readonly #root: TargetRoot
  readonly #path: string
  readonly #states: Map<string, string>

  constructor(root: TargetRoot) {
    this.#root = root
    this.#path = root.resolve(journalPath)
    this.#states = new Map(
      lstatIfExists(this.#path) === undefined ? [] : readStates(readFileSync(this.#path, 'utf8')),
    )
  }

  has(path: string, state: string): boolean {
    return this.#states.get(path) === state
  }

  /** What was recorded last, also by an earlier run. */
  get(path: string): string | undefined {
    return this.#states.get(path)
  }

  /** Is on the disk when this returns. */
  record(path: string, state: string): void {
    this.#states.set(path, state)
    const changed: string[] = []
    this.#root.makeParents(this.#path, (directory) => changed.push(directory))
    const text = JSON.stringify(Object.fromEntries(this.#states))
    replaceFile(this.#path, text, { uid: 0, gid: 0, mode: 0o600 })
    for (const directory of [dirname(this.#path), ...changed]) sync(directory)
  }
}

/** The state of a file that has these contents. */
export function contentState(parts: readonly Part[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunksOf(parts)) hash.update(chunk)
  return hash.digest('hex')
}

/** Once the host is provisioned there is nothing to do again. */
export function removeJournal(root: TargetRoot): void {
  rmSync(root.resolve(journalPath), { force: true })
}

function readStates(text: string): [string, string][] {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null) return []
  return Object.entries(parsed).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
}
