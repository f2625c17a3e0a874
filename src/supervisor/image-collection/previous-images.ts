import { isDeepStrictEqual } from 'node:util'
import { readIfThere } from '../../files/absence.ts'
import { writeFileAtomically } from '../../files/atomic.ts'
import { describeError, type Log } from '../../journal/log.ts'
import { JsonShapeError, list, object, parseJson, text } from '../../json/value.ts'
import type { Container } from '../containers/container.ts'
import { isDeclared, keyOf } from '../declared/service-key.ts'
import { Serial } from '../serial.ts'

/** Of each service by its key the images of its last containers that had its place, the last one first. */
export type PastImages = ReadonlyMap<string, readonly string[]>

/** The present one may be among them, which says nothing of the one before. */
const remembered = 2

/**
 * Remembers which image a declared service had before its present one: the way back to what was good
 * must not need a registry.
 */
export class PreviousImages {
  readonly #file: string
  readonly #log: Log
  readonly #writes = new Serial()
  #past: PastImages

  private constructor(file: string, log: Log, past: PastImages) {
    this.#file = file
    this.#log = log
    this.#past = past
  }

  /** Reads what was remembered. A damaged file counts as none, and is reported. */
  static async open(file: string, log: Log): Promise<PreviousImages> {
    return new PreviousImages(file, log, await readPast(file, log))
  }

  /** The previous image of each of these services, of all if undefined, by its id. */
  ids(
    declared: ReadonlySet<string> | undefined,
    containers: readonly Pick<Container, 'origin' | 'image'>[],
  ): string[] {
    return [...this.#past].flatMap(([key, past]) => {
      if (declared !== undefined && !declared.has(key)) return []
      const present = containers
        .filter(({ origin }) => origin.kind === 'declared' && keyOf(origin.service) === key)
        .map(({ image }) => image.configDigest)
      return past.filter((id) => !present.includes(id)).slice(0, 1)
    })
  }

  /** Takes notice of a container that was removed. */
  note(container: Container): void {
    const after = withRemoved(this.#past, container)
    if (isDeepStrictEqual(after, this.#past)) return
    this.#past = after
    void this.#writes.run(async () => await this.#write())
  }

  /** Forgets services that are not declared any more. */
  forgetOthers(declared: ReadonlySet<string>): void {
    const after = new Map([...this.#past].filter(([key]) => declared.has(key)))
    if (after.size === this.#past.size) return
    this.#past = after
    void this.#writes.run(async () => await this.#write())
  }

  /** Resolves when all that was noted is on the disk. */
  async idle(): Promise<void> {
    await this.#writes.run(async () => {})
  }

  async #write(): Promise<void> {
    try {
      const content = { formatVersion: 1, services: Object.fromEntries(this.#past) }
      await writeFileAtomically(this.#file, `${JSON.stringify(content, undefined, 2)}\n`)
    } catch (error) {
      this.#log.error(`${this.#file} cannot be written: ${describeError(error)}`)
    }
  }
}

/** One that was only on trial, or never ran, was not what the service had. */
export function withRemoved(past: PastImages, container: Container): PastImages {
  const { image, state } = container
  if (!isDeclared(container) || container.origin.successor === 'on-trial') return past
  if (state.startedAt === undefined || state.error !== '') return past
  const key = keyOf(container.origin.service)
  const others = (past.get(key) ?? []).filter((id) => id !== image.configDigest)
  return new Map([...past, [key, [image.configDigest, ...others].slice(0, remembered)]])
}

async function readPast(file: string, log: Log): Promise<PastImages> {
  const content = await readIfThere(file)
  if (content === undefined) return new Map()
  try {
    const { services } = object(parseJson(Buffer.from(content)), 'the file')
    return new Map(
      Object.entries(object(services, 'services')).map(([key, ids]) => [
        key,
        list(ids, key).map((id) => text(id, key)),
      ]),
    )
  } catch (error) {
    if (!(error instanceof JsonShapeError)) throw error
    log.warning(`${file}: ${error.message}`)
    return new Map()
  }
}
