import { basename } from 'node:path'

/** What a module needs loaded before it: paths below the module folder, from modules.dep. */
export type ModuleDependencies = ReadonlyMap<string, readonly string[]>

/** Reads depmod's modules.dep: `path: dependency dependency …` per line. */
export function parseModulesDependencies(text: string): ModuleDependencies {
  return new Map(
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [path = '', dependencies = ''] = line.split(':')
        return [path, dependencies.trim().split(/\s+/).filter(Boolean)]
      }),
  )
}

/**
 * The modules that `wanted` leads to, dependencies included, sorted; and the wanted names that the
 * kernel has neither as a module nor built in. A wanted name is a module's name (`-` and `_` alike) or a
 * folder below the kernel's module tree (`drivers/net/ethernet/amazon`).
 */
export function neededModules(
  dependencies: ModuleDependencies,
  builtIn: string,
  wanted: readonly string[],
): { paths: string[]; missing: string[] } {
  const byName = Map.groupBy(dependencies.keys(), moduleName)
  const built = new Set(builtIn.split('\n').map(moduleName))
  const paths = new Set<string>()
  const missing: string[] = []
  for (const name of wanted) {
    const found = name.includes('/')
      ? [...dependencies.keys()].filter((path) => path.startsWith(`kernel/${name}/`))
      : (byName.get(moduleName(name)) ?? [])
    if (found.length === 0 && !built.has(moduleName(name))) missing.push(name)
    for (const path of found)
      for (const each of [path, ...(dependencies.get(path) ?? [])]) paths.add(each)
  }
  return { paths: [...paths].sort(), missing }
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_')
}
