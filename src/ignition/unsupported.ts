import type { Config, ParsedConfig, Problem } from '../ignition-schema/index.ts'
import { diskLimits } from './disks/limits.ts'
import { kernelArgumentLimits } from './kernel-arguments/limits.ts'

/** An error for every part of the config that would otherwise be ignored, a warning for what is of no use. */
export function unsupportedParts(parsed: ParsedConfig, config: Config): Problem[] {
  return [
    ...kernelArgumentLimits(config).map(({ at, message, expected }) =>
      parsed.problem('error', at, message, expected),
    ),
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
