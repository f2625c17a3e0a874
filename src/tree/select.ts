import { basename, dirname, join, matchesGlob } from 'node:path'
import { buildErrors } from '../errors/build.ts'
import type { StripRules } from '../image/definition.ts'
import type { ElfNeeds } from './elf.ts'
import { byPath, type Entry } from './entry.ts'

/** Reads what an ELF file needs; undefined for other files. */
export type ElfReader = (entry: Entry) => Promise<ElfNeeds | undefined>

/**
 * Chooses what stays of the packages' files: allowed executables, the libraries that these and the
 * libraries opened by dlopen need (however deep), and other files by glob. Units whose program did not
 * stay go as well, and links that lead nowhere.
 *
 * `alsoNeeded` are sonames that something outside the packages needs: the host executable.
 *
 * Throws SLIPWAY_BUILD_EXECUTABLE_MISSING and SLIPWAY_BUILD_LIBRARY_MISSING.
 */
export async function selectEntries(
  entries: readonly Entry[],
  rules: StripRules,
  readElf: ElfReader,
  alsoNeeded: readonly string[] = [],
): Promise<Entry[]> {
  const byLocation = new Map(entries.map((entry) => [entry.path, entry]))
  const removed = (entry: Entry) => matchesAny(entry.path, rules.remove)
  const executables = entries.filter(
    (entry) => isProgramPath(entry.path) && isAllowed(entry, rules) && !removed(entry),
  )
  refuseMissing(rules, executables)
  const files = entries.filter(
    (entry) =>
      !isProgramPath(entry.path) &&
      !isLibrary(entry.path) &&
      matchesAny(entry.path, rules.files) &&
      !removed(entry),
  )
  const opened = entries.filter(
    (entry) => isLibrary(entry.path) && matchesLibrary(entry.path, rules.libraries),
  )
  const kept = new Map<string, Entry>()
  for (const entry of [...executables, ...files, ...opened])
    keepWithTarget(entry, byLocation, kept, removed)
  await keepLibraries(entries, byLocation, kept, readElf, alsoNeeded)
  return [...kept.values()].filter((entry) => leadsSomewhere(entry, kept)).sort(byPath)
}

/** Programs live in these folders; what is executable elsewhere is named by `files`. */
export function isProgramPath(path: string): boolean {
  return (
    /^\/usr\/(bin|libexec|lib\/podman|lib\/systemd\/(system|user)(-environment)?-generators)\//.test(
      path,
    ) ||
    /^\/usr\/lib\/systemd\/systemd(-[^/]*)?$/.test(path) ||
    /^\/usr\/lib\/udev\/[^/]+$/.test(path)
  )
}

function isLibrary(path: string): boolean {
  return /^\/usr\/lib(64)?\/.*\.so(\.[^/]*)?$/.test(path)
}

function isAllowed(entry: Entry, rules: StripRules): boolean {
  return entry.path in rules.executables || basename(entry.path) in rules.executables
}

function refuseMissing(rules: StripRules, kept: readonly Entry[]): void {
  const there = new Set(kept.flatMap(({ path }) => [path, basename(path)]))
  const missing = Object.keys(rules.executables).filter((name) => !there.has(name))
  if (missing.length > 0)
    throw buildErrors.error('SLIPWAY_BUILD_EXECUTABLE_MISSING', { names: missing.join(', ') })
}

function matchesAny(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(path, glob))
}

function matchesLibrary(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(glob.startsWith('/') ? path : basename(path), glob))
}

/** A link is kept together with what it points at. */
function keepWithTarget(
  entry: Entry,
  all: ReadonlyMap<string, Entry>,
  kept: Map<string, Entry>,
  removed: (entry: Entry) => boolean,
): void {
  if (kept.has(entry.path)) return
  kept.set(entry.path, entry)
  const target = all.get(linkTarget(entry) ?? '')
  // A second name of a program that may stay does not let in a program that may not.
  if (target && !isProgramPath(target.path) && !removed(target))
    keepWithTarget(target, all, kept, removed)
}

function linkTarget(entry: Entry): string | undefined {
  if (entry.target === undefined) return undefined
  const path = entry.target.startsWith('/') ? entry.target : join(dirname(entry.path), entry.target)
  return path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/').replace('/usr/sbin/', '/usr/bin/')
}

function leadsSomewhere(entry: Entry, kept: ReadonlyMap<string, Entry>): boolean {
  const target = linkTarget(entry)
  if (target === undefined || !target.startsWith('/usr/')) return true
  if (kept.has(target)) return true
  return [...kept.keys()].some((path) => path.startsWith(`${target}/`))
}

async function keepLibraries(
  entries: readonly Entry[],
  all: ReadonlyMap<string, Entry>,
  kept: Map<string, Entry>,
  readElf: ElfReader,
  alsoNeeded: readonly string[],
): Promise<void> {
  const libraries = new Map(
    entries.filter(({ path }) => isLibrary(path)).map((entry) => [basename(entry.path), entry]),
  )
  const queue = [...kept.values()].filter(({ type }) => type === 'file')
  const keep = (file: string, name: string) => {
    const library = libraries.get(name)
    if (!library) throw buildErrors.error('SLIPWAY_BUILD_LIBRARY_MISSING', { file, library: name })
    for (let part: Entry | undefined = library; part && !kept.has(part.path); ) {
      kept.set(part.path, part)
      if (part.type === 'file') queue.push(part)
      part = all.get(linkTarget(part) ?? '')
    }
  }
  for (const name of alsoNeeded) keep('the host executable', name)
  for (let entry = queue.pop(); entry; entry = queue.pop()) {
    const needs = await readElf(entry)
    for (const name of needs?.libraries ?? []) keep(entry.path, name)
    if (needs?.interpreter) keep(entry.path, basename(needs.interpreter))
  }
}
