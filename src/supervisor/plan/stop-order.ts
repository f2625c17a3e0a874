/** A service of the host by a name of its own, and those that it depends on. */
export type OrderedService = { readonly key: string; readonly dependsOn: readonly string[] }

/**
 * For each service those that must have ended before it is stopped: all that depend on it, also by way
 * of others, since one in between may have no container.
 */
export function dependantsOf(
  services: readonly OrderedService[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const dependencies = new Map(services.map(({ key, dependsOn }) => [key, dependsOn]))
  const dependants = new Map(services.map(({ key }) => [key, new Set<string>()]))
  for (const { key } of services) {
    const above = [...(dependencies.get(key) ?? [])]
    for (let next = above.pop(); next !== undefined; next = above.pop()) {
      const found = dependants.get(next)
      if (next === key || found === undefined || found.has(key)) continue
      found.add(key)
      above.push(...(dependencies.get(next) ?? []))
    }
  }
  // Records of files that changed meanwhile may make a ring: nobody in it waits for the others.
  return new Map(
    [...dependants].map(([key, found]) => [
      key,
      new Set([...found].filter((other) => dependants.get(other)?.has(key) !== true)),
    ]),
  )
}
