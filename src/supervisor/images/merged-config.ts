import type { JsonObject } from '../../json/value.ts'

/** Fields of a container's configuration that take what the other has beside their own. */
const united = ['ExposedPorts', 'Labels', 'Volumes'] as const

/**
 * What a client says of a new image, in Docker's fields, filled up with what its container has: as Docker does it.
 * An entry point of its own comes without the container's command.
 */
export function mergedConfig(own: JsonObject, container: JsonObject): JsonObject {
  const isSet = (key: string) => !isEmpty(own[key])
  const merged: Record<string, unknown> = { ...container }
  for (const [key, value] of Object.entries(own)) if (!isEmpty(value)) merged[key] = value
  for (const key of united) {
    const both = { ...fieldsOf(container[key]), ...fieldsOf(own[key]) }
    if (Object.keys(both).length > 0) merged[key] = both
  }
  if (isSet('Entrypoint') && !isSet('Cmd')) merged.Cmd = null
  if (isSet('Env')) merged.Env = mergedEnvironment(own.Env, container.Env)
  return merged
}

function mergedEnvironment(own: unknown, other: unknown): unknown[] {
  const [first, second] = [own, other].map((list) => (Array.isArray(list) ? list : []))
  const names = new Set((first ?? []).map(nameIn))
  return [...(first ?? []), ...(second ?? []).filter((text) => !names.has(nameIn(text)))]
}

function nameIn(text: unknown): string {
  return String(text).split('=', 1)[0] ?? ''
}

function fieldsOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** What Go's encoder writes for a field that nobody set. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}
