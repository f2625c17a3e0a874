import type { Config } from '../../ignition-schema/index.ts'
import type { Finding } from '../disks/finding.ts'
import { argumentsIn } from './words.ts'

/** What of a config's kernel arguments no host can carry out, each with the reason. */
export function kernelArgumentLimits({ kernelArguments }: Config): Finding[] {
  const { shouldExist = [], shouldNotExist = [] } = kernelArguments ?? {}
  const unwanted = new Set(shouldNotExist.flatMap(argumentsIn))
  return [
    ...shouldExist.flatMap((entry, index) => {
      const at = ['kernelArguments', 'shouldExist', index]
      return [
        ...unreadable(entry).map((finding) => ({ ...finding, at })),
        ...argumentsIn(entry).flatMap((word): Finding[] => [
          ...(unwanted.has(word)
            ? [
                {
                  at,
                  message: `${word} should both exist and not exist`,
                  expected: 'one of both',
                },
              ]
            : []),
          ...(/^(?:usrhash|systemd\.verity_usr_hash)(?:=|$)/.test(word)
            ? [
                {
                  at,
                  message: 'this is how a release names its own /usr: no later release would boot',
                  expected: 'an argument that holds for every release',
                },
              ]
            : []),
        ]),
      ]
    }),
    ...shouldNotExist.flatMap((entry, index) =>
      unreadable(entry).map((finding) => ({
        ...finding,
        at: ['kernelArguments', 'shouldNotExist', index],
      })),
    ),
  ]
}

/** The boot stub reads UTF-8 and makes white space of control characters. */
function unreadable(entry: string): Omit<Finding, 'at'>[] {
  if (argumentsIn(entry).length === 0)
    return [{ message: 'there is no argument in it', expected: 'an argument such as quiet' }]
  if (/[^\x20-\x7e]/.test(entry))
    return [{ message: 'it has other than printable ASCII characters', expected: 'ASCII' }]
  const quotes = entry.match(/"/g) ?? []
  return quotes.length % 2 === 0
    ? []
    : [{ message: 'a quote is not closed', expected: 'quotes in pairs' }]
}
