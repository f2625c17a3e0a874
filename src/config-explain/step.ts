import type { Path } from '../ignition-schema/index.ts'

/** One thing that provisioning does, as far as the config alone tells it. */
export type ExplainedStep = {
  readonly stage: 'fetch' | 'kargs' | 'disks' | 'mount' | 'files'
  /** Its place in the config. */
  readonly at: Path
  readonly text: string
  /** What belongs to it whatever the machine is like, such as owner and mode of a file. */
  readonly details: readonly string[]
  /** What depends on the machine. */
  readonly cases: readonly Case[]
  /** What it fetches or has embedded. */
  readonly sources: readonly Source[]
  /** Whether it loses, always or in a case, what is on the machine. */
  readonly destroys: boolean
}

/** What becomes of a step when the machine is so. */
export type Case = {
  readonly when: string
  readonly result: string
  readonly destroys: boolean
  /** The boot stops there. */
  readonly stops: boolean
}

/** Where contents come from, without what may be secret. */
export type Source = {
  readonly name: string
  readonly isRemote: boolean
  /** As in the config: `sha512-…`. */
  readonly hash?: string
}

type Given = Pick<ExplainedStep, 'stage' | 'at' | 'text'> & Partial<ExplainedStep>

/** A step with what is not given left empty; it destroys what one of its cases destroys. */
export function explained(given: Given): ExplainedStep {
  const cases = merged(given.cases ?? [])
  return {
    details: [],
    sources: [],
    ...given,
    cases,
    destroys: given.destroys === true || cases.some(({ destroys }) => destroys),
  }
}

/** Neighbours that end in the same way are told once. */
function merged(cases: readonly Case[]): Case[] {
  const all: Case[] = []
  for (const next of cases) {
    const last = all.at(-1)
    if (last?.result === next.result && last.destroys === next.destroys)
      all[all.length - 1] = { ...last, when: `${last.when}, or ${next.when}` }
    else all.push(next)
  }
  return all
}
