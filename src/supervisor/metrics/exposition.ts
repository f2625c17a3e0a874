/** Metrics in the text format of Prometheus, version 0.0.4. */

export type Labels = Readonly<Record<string, string>>

/** Samples of one name. */
export type Family = {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  /** One sentence. */
  readonly help: string
  readonly samples: readonly Sample[]
}

export type Sample = { readonly labels: Labels; readonly value: number }

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** The text of families that have samples. */
export function expositionText(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${numberText(value)}`),
        '',
      ].join('\n'),
    )
    .join('')
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
