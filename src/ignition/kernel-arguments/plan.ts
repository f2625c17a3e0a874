import type { Config, Path } from '../../ignition-schema/index.ts'
import type { Finding } from '../disks/finding.ts'
import { argumentsIn } from './words.ts'

export type WantedArguments = NonNullable<Config['kernelArguments']>

export type KernelArgumentsPlan =
  /** The kernel was started as the config wants. */
  | { readonly kind: 'satisfied' }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] }
  /** What the add-on has to say, all of it, before the machine is rebooted; empty for no add-on. */
  | { readonly kind: 'reboot'; readonly addOn: readonly string[] }

/** COMMAND_LINE_SIZE of x86, with the NUL at its end. */
const maximumBytes = 2047

/** Whether the command line has every argument that it should, and none that it should not. */
export function satisfies(commandLine: string, wanted: WantedArguments): boolean {
  const present = new Set(argumentsIn(commandLine))
  return (
    listed(wanted, 'shouldExist').every(({ word }) => present.has(word)) &&
    !listed(wanted, 'shouldNotExist').some(({ word }) => present.has(word))
  )
}

/**
 * Plans the add-on by which the next boot has the arguments that a config wants. `commandLine` is that of this
 * boot, and `addOn` what of it came from the add-on that is there now. An add-on only adds: what the UKI, the
 * firmware or another add-on brings cannot be taken away, and is refused.
 */
export function planKernelArguments(
  wanted: WantedArguments,
  commandLine: string,
  addOn: readonly string[],
): KernelArgumentsPlan {
  if (satisfies(commandLine, wanted)) return { kind: 'satisfied' }
  const others = without(argumentsIn(commandLine), addOn)
  const kept = listed(wanted, 'shouldNotExist').filter(({ word }) => others.includes(word))
  if (kept.length > 0) return { kind: 'refused', findings: kept.map(embedded) }
  const missing = listed(wanted, 'shouldExist').filter(({ word }) => !others.includes(word))
  const next = [...new Set(missing.map(({ word }) => word))]
  const bytes = Buffer.byteLength([...others, ...next].join(' '))
  if (bytes > maximumBytes)
    return {
      kind: 'refused',
      findings: [
        {
          at: ['kernelArguments', 'shouldExist'],
          message: `the kernel's command line would have ${bytes} bytes`,
          expected: `at most ${maximumBytes}, ${Buffer.byteLength(others.join(' '))} of which are the image's`,
        },
      ],
    }
  return { kind: 'reboot', addOn: next }

  function embedded({ word, at }: Listed): Finding {
    return {
      at,
      message: `${word} is not from this config: it is part of the signed boot image, or comes from the firmware, and can only be added to`,
      expected:
        'an image without it in kernel.commandLine, or an argument of shouldExist that comes after it and counts instead',
    }
  }
}

type Listed = { readonly word: string; readonly at: Path }

/** An entry of several words is that many arguments. */
function listed(wanted: WantedArguments, list: 'shouldExist' | 'shouldNotExist'): Listed[] {
  return (wanted[list] ?? []).flatMap((entry, index) =>
    argumentsIn(entry).map((word) => ({ word, at: ['kernelArguments', list, index] })),
  )
}

/** Each argument of the add-on is taken away once, from the end: that is where the stub puts them. */
function without(words: readonly string[], addOn: readonly string[]): string[] {
  const left = [...words]
  for (const word of addOn.toReversed()) {
    const index = left.lastIndexOf(word)
    if (index >= 0) left.splice(index, 1)
  }
  return left
}
