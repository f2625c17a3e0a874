import type { ProblemDefinition } from './catalogue/definition.ts'
import { topics } from './catalogue/index.ts'

/** The page of all problems that a config can have. */
export function problemReference(): string {
  const sections = Object.entries(topics).map(
    ([title, problems]) => `## ${title}\n\n${table(problems)}`,
  )
  return [introduction, ...sections].join('\n')
}

function table(problems: Readonly<Record<string, ProblemDefinition>>): string {
  const rows = Object.entries(problems).map(
    ([code, { severity, message, expected = '', reference = [] }]) =>
      [`\`${code}\``, severity, message, expected, reference.join(', ')].map(escaped),
  )
  const head = [
    'code',
    'severity',
    'what is wrong',
    'what was expected',
    'reference implementation',
  ]
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('')
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}

const introduction = `# Problems of Ignition configs

Generated from \`src/ignition-schema/catalogue/\`; do not edit.

What \`slipway config check\` and the host's first boot find in a config. An error makes the config
unusable; a warning says that a part of it has no or another effect. Codes do not change from release to
release. A part in braces, such as \`{line}\`, stands for a detail.

The last column has the name that the reference implementation (coreos/ignition) gives to the same
problem, with the same severity. Where it is empty, the rule is one of our own: an error there is what
would fail at the boot, a warning is what will surprise.
`
