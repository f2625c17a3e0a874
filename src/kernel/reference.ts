import { fieldTable } from '../checked-yaml/reference.ts'
import type { GapAnswer, KernelRules } from './rules.ts'
import { fragmentSchema, gapsSchema } from './schema.ts'

/** The page docs/reference/kernel.md. */
export function kernelReference(rules: KernelRules): string {
  return [
    introduction,
    '## Fragments\n',
    `\`kernel-configs/<topic>.yaml\`, one per topic; an option belongs to one topic only.\n`,
    fieldTable(fragmentSchema),
    table(
      ['topic', 'kernels', 'options', ''],
      rules.fragments.map(({ name, flavours, requirements, about }) => [
        name,
        flavours.join(', '),
        String(requirements.length),
        about,
      ]),
    ),
    '## Known gaps\n',
    "`kernel-configs/known-gaps.yaml` lists what Debian's kernel misses of these. An entry has either\n`closedBy` or `accepted`.\n",
    fieldTable(gapsSchema),
    table(
      ['option', 'as Debian builds it', 'answer'],
      rules.gaps.map(({ option, leaves, answer }) => [`\`${option}\``, leaves, answerText(answer)]),
    ),
  ].join('\n')
}

function answerText(answer: GapAnswer): string {
  if (answer.kind === 'accepted') return `accepted: ${answer.because}`
  const { commandLine, sysctls, files } = answer.by
  return [
    ...commandLine.map((argument) => `\`${argument}\``),
    ...Object.entries(sysctls).map(([name, value]) => `sysctl \`${name} = ${value}\``),
    ...Object.entries(files).map(([file, content]) => `found by \`${file}\`: \`${content}\``),
  ].join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}

const introduction = `# The kernel

Generated from \`src/kernel/\` and \`kernel-configs/\`; do not edit.

Slipway boots Debian's kernels as they are: the \`cloud\` flavour in virtual machines, the \`generic\`
one on metal. The build holds the config of the kernel that it packs against the fragments below. A
requirement that the kernel misses fails the build, with every other one, unless the list of known
gaps answers for it. What closes gaps goes into the image's command line and its sysctl file, and is
looked for on the booted host.
`
