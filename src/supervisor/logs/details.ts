import type { Container } from '../containers/container.ts'
import { labelsOf } from '../containers/labels.ts'
import { tagOf } from './tag.ts'

/** What a container says of each of its lines where somebody asks for details: `a=b,c=d`, as Docker writes it. */
export function detailsOf(container: Container): string {
  const { labels = [], variables = [] } = container.spec.log ?? {}
  const known = labelsOf(container)
  const { image, spec } = container
  const all = [...(image.config.Env ?? []), ...spec.environment]
  const environment = new Map(all.map(splitVariable))
  const details = new Map<string, string>()
  if (spec.log?.tag !== undefined) details.set('tag', tagOf(container))
  for (const name of labels) {
    const value = known[name]
    if (value !== undefined) details.set(name, value)
  }
  for (const name of variables) {
    const value = environment.get(name)
    if (value !== undefined) details.set(name, value)
  }
  return [...details]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${queryEscaped(name)}=${queryEscaped(value)}`)
    .join(',')
}

/** Names of labels or variables as log options have them: `a,b`. */
export function nameList(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function splitVariable(text: string): [name: string, value: string] {
  const end = text.indexOf('=')
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)]
}

/** As Go's url.QueryEscape. */
function queryEscaped(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replace(/[!*'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
