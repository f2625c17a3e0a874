import type { Case, ExplainedStep, Source } from './step.ts'

/** A step with its place in the config's text. */
export type PlacedStep = ExplainedStep & {
  readonly source: string
  readonly line: number
  readonly column: number
}

const titles: Readonly<Record<ExplainedStep['stage'], string>> = {
  fetch: 'Fetching',
  kargs: 'Kernel arguments',
  disks: 'Disks',
  mount: 'Mounts',
  files: 'Accounts, files and units',
}

/** The plan for people: what destroys has a `!` before it. */
export function planText(steps: readonly PlacedStep[]): string {
  const stages = [...new Set(steps.map(({ stage }) => stage))]
  return stages
    .map((stage) => {
      const own = steps.filter((step) => step.stage === stage)
      return `${titles[stage]}\n${own.map(stepLines).join('')}`
    })
    .join('\n')
}

function stepLines(step: PlacedStep): string {
  const { text, details, cases, sources, line, column, destroys } = step
  const lines = [
    `${destroys ? '!' : ' '} ${text}  [${line}:${column}]`,
    ...details.map((detail) => `      ${detail}`),
    ...sources.map((source) => `      from ${sourceText(source)}`),
    ...cases.map((each) => `${each.destroys ? '!' : ' '}     ${caseText(each)}`),
  ]
  return lines.map((each) => `${each}\n`).join('')
}

function caseText({ when, result, destroys }: Case): string {
  return `if ${when}: ${result}${destroys ? ' (destroys what is there)' : ''}`
}

function sourceText({ name, isRemote, hash }: Source): string {
  if (hash !== undefined) return `${name}, held against ${hash}`
  return isRemote ? `${name}, NOT VERIFIED` : name
}

/** What deserves a second look, on one line. */
export function summaryText(steps: readonly ExplainedStep[]): string {
  const destructive = steps.filter(({ destroys }) => destroys).length
  const remote = steps.flatMap(({ sources }) => sources.filter(({ isRemote }) => isRemote))
  const unverified = remote.filter(({ hash }) => hash === undefined).length
  return [
    counted(steps.length, 'step'),
    `${destructive} of them may destroy what is there`,
    `${counted(remote.length, 'remote source')}, ${unverified} of them not verified`,
  ].join('; ')
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
