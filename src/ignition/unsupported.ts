import type { Config, ParsedConfig, Path, Problem } from '../ignition-schema/index.ts'

/** Sections that are valid Ignition but that this engine does not carry out. */
const sections: readonly Path[] = [
  ['storage', 'disks'],
  ['storage', 'raid'],
  ['storage', 'luks'],
  ['storage', 'filesystems'],
  ['passwd', 'users'],
  ['passwd', 'groups'],
  ['kernelArguments', 'shouldExist'],
  ['kernelArguments', 'shouldNotExist'],
]

/** An error for every part of the config that would otherwise be ignored. */
export function unsupportedParts(parsed: ParsedConfig, config: Config): Problem[] {
  return sections
    .filter((path) => !isEmpty(valueAt(config, path)))
    .map((path) => parsed.problem('error', path, 'this section is not supported yet'))
}

function valueAt(config: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined,
    config,
  )
}

/** True for what says nothing: absent, or an object or list of such. */
function isEmpty(value: unknown): boolean {
  if (value === undefined) return true
  return typeof value === 'object' && value !== null && Object.values(value).every(isEmpty)
}
