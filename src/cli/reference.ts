import type { Command } from 'commander'
import { slipwayProgram } from './program.ts'

/** The page docs/reference/cli.md. */
export function commandLineReference(): string {
  return [introduction, ...verbsOf(slipwayProgram(), []).map(section), environment].join('\n')
}

type Verb = { readonly words: readonly string[]; readonly command: Command }

/** The commands that do something, with the words that call them; groups of commands do nothing. */
function verbsOf(command: Command, words: readonly string[]): Verb[] {
  const own = [...words, command.name()]
  if (command.commands.length === 0) return [{ words: own, command }]
  return command.commands.flatMap((each) => verbsOf(each, own))
}

function section({ words, command }: Verb): string {
  return [
    `## ${words.join(' ')}`,
    '',
    `\`${[...words, ...command.registeredArguments.map(argumentText), ...(command.options.length > 0 ? ['[options]'] : [])].join(' ')}\``,
    '',
    command.description(),
    '',
    ...table(command),
  ].join('\n')
}

function argumentText(argument: Command['registeredArguments'][number]): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function table(command: Command): string[] {
  const rows = [
    ...command.registeredArguments
      .filter(({ description, defaultValue }) => description !== '' || defaultValue !== undefined)
      .map((each) => [argumentText(each), each.description, each.defaultValue]),
    ...command.options.map((each) => [each.flags, each.description, each.defaultValue]),
  ].map(([term, description, standard]) => {
    const value = standard === undefined ? '' : `\`${String(standard)}\``
    const meaning = String(description).replaceAll('<', '&lt;')
    return `| \`${String(term)}\` | ${meaning} | ${value} |`
  })
  return rows.length === 0 ? [] : ['| | | unless told |', '| --- | --- | --- |', ...rows, '']
}

const introduction = `# The command line

Generated from \`src/cli/\`; do not edit.

From a checkout: \`npx slipway VERB\`, or \`npm run slipway -- VERB\`. \`slipway --help\` lists the verbs, and
\`slipway VERB --help\` tells about one. Progress is a live list on a terminal, a plain log elsewhere (or
where \`CI\` is set), both on standard error.

Exit status: 0 all went well; 1 it failed; 2 the call or an input file is wrong; 130 interrupted by
Ctrl-C. [errors.md](errors.md) lists every error.
`

const environment = `## Environment

| variable | |
| --- | --- |
| \`SLIPWAY_CACHE\` | where stored results and downloaded packages are kept, instead of \`.cache\` in the checkout |
| \`SLIPWAY_MIRROR\`, \`SLIPWAY_SECURITY_MIRROR\` | Debian's archives, where the image definition names none, instead of those that this machine's apt uses |
| \`SLIPWAY_KEY_PASSPHRASE\` | encrypts the key files that are made, and opens those that are encrypted |
| \`SLIPWAY_ACCEL\` | \`kvm\` or \`tcg\`: how virtual machines run, instead of a probe's answer |
`
