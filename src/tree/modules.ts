import { basename } from 'node:path'

/** What a module needs loaded before it: paths below the module folder, from modules.dep. */
type ModuleDependencies = ReadonlyMap<string, readonly string[]>

/** Each line is `path: dependency dependency …`. */
function parseModulesDependencies(text: string): ModuleDependencies {
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

/** What depmod knows of a kernel's modules. */
export type ModuleIndex = {
  readonly dependencies: ModuleDependencies
  /** What a module works better or only with, by its name: names of modules or aliases of them. */
  readonly softDependencies: ReadonlyMap<string, readonly string[]>
  /** Modules by their aliases, those with wildcards left out. */
  readonly aliases: ReadonlyMap<string, readonly string[]>
}

/** Reads depmod's modules.dep, modules.softdep and modules.alias. */
export function parseModuleIndex(texts: {
  readonly dependencies: string
  readonly softDependencies: string
  readonly aliases: string
}): ModuleIndex {
  const softDependencies = new Map<string, string[]>()
  for (const [verb, name = '', ...rest] of words(texts.softDependencies)) {
    if (verb !== 'softdep') continue
    const wanted = rest.filter((word) => !/^(pre|post):$/.test(word))
    softDependencies.set(name, [...(softDependencies.get(name) ?? []), ...wanted])
  }
  const aliases = new Map<string, string[]>()
  for (const [verb, alias = '', name = ''] of words(texts.aliases)) {
    if (verb !== 'alias' || alias.includes('*')) continue
    aliases.set(alias, [...(aliases.get(alias) ?? []), name])
  }
  return {
    dependencies: parseModulesDependencies(texts.dependencies),
    softDependencies,
    aliases,
  }
}

/**
 * The modules that `wanted` leads to, dependencies and soft dependencies included, sorted; and the wanted names
 * that the kernel has neither as a module nor built in. A wanted name is a module's name (`-` and `_` alike) or a
 * folder below the kernel's module tree (`drivers/net/ethernet/amazon`).
 */
export function neededModules(
  { dependencies, softDependencies, aliases }: ModuleIndex,
  builtIn: string,
  wanted: readonly string[],
): { paths: string[]; missing: string[] } {
  const byName = Map.groupBy(dependencies.keys(), moduleName)
  const built = new Set(builtIn.split('\n').map(moduleName))
  const named = (name: string) => byName.get(moduleName(name)) ?? []
  const paths = new Set<string>()
  const add = (path: string) => {
    if (paths.has(path)) return
    paths.add(path)
    for (const each of dependencies.get(path) ?? []) add(each)
    for (const soft of softDependencies.get(moduleName(path)) ?? [])
      for (const name of [soft, ...(aliases.get(soft) ?? [])]) named(name).forEach(add)
  }
  const missing: string[] = []
  for (const name of wanted) {
    const found = name.includes('/')
      ? [...dependencies.keys()].filter((path) => path.startsWith(`kernel/${name}/`))
      : named(name)
    if (found.length === 0 && !built.has(moduleName(name))) missing.push(name)
    found.forEach(add)
  }
  return { paths: [...paths].sort(), missing }
}

function words(text: string): string[][] {
  return text.split('\n').map((line) => line.trim().split(/\s+/))
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_')
}
