import type { Config, ParsedConfig, Path, Problem } from '../ignition-schema/index.ts'
import { diskLimits } from './disks/limits.ts'

/** Sections that are valid Ignition but that this engine does not carry out. */
const sections: readonly Path[] = [
  ['kernelArguments', 'shouldExist'],
  ['kernelArguments', 'shouldNotExist'],
]

/** An error for every part of the config that would otherwise be ignored, a warning for what is of no use. */
export function unsupportedParts(parsed: ParsedConfig, config: Config): Problem[] {
  return [
    ...sections
      .filter((path) => !isEmpty(valueAt(config, path)))
      .map((path) => parsed.problem('error', path, 'this section is not supported yet')),
    ...usersWithKeys(config).map((index) =>
      parsed.problem(
        'warning',
        ['passwd', 'users', index, 'sshAuthorizedKeys'],
        'the keys are written, but the host runs no SSH daemon: nobody can log in by them',
      ),
    ),
    ...diskLimits(parsed, config),
  ]
}

function usersWithKeys({ passwd }: Config): number[] {
  return (passwd?.users ?? []).flatMap(({ sshAuthorizedKeys = [], shouldExist }, index) =>
    sshAuthorizedKeys.length > 0 && shouldExist !== false ? [index] : [],
  )
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
