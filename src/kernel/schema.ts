import type { SectionOf, TextField } from '../checked-yaml/schema.ts'

/** A fragment's file: kernel-configs/<topic>.yaml. */
export type FragmentFile = {
  readonly about: string
  readonly flavours: readonly string[]
  readonly options: Readonly<Record<string, OptionRule>>
}

export type OptionRule = { readonly value: string; readonly reason: string }

/** kernel-configs/known-gaps.yaml. */
export type GapsFile = { readonly gaps: Readonly<Record<string, GapEntry>> }

export type GapEntry = {
  readonly leaves: string
  readonly closedBy?: {
    readonly commandLine: readonly string[]
    readonly sysctls: Readonly<Record<string, string>>
    readonly files: Readonly<Record<string, string>>
  }
  readonly accepted?: string
}

const option: TextField = {
  kind: 'text',
  about: "The option's name without CONFIG_.",
  expected: 'an option in capitals, without CONFIG_',
  pattern: /^(?!CONFIG_)[A-Z0-9][A-Z0-9a-z_]*$/,
}

const sentence = (about: string): TextField => ({ kind: 'text', about, expected: 'a sentence' })

const optionRule: SectionOf<OptionRule> = {
  kind: 'section',
  about: 'A requirement.',
  fields: {
    value: {
      kind: 'text',
      about:
        '`y`, `m`, another value, or alternatives such as `y|m`; or `forbidden`: must not be set.',
      expected: 'y, m, y|m, a quoted value, or forbidden',
      pattern: /^[^|\s]+(?:\|[^|\s]+)*$/,
    },
    reason: sentence('Why it is required or forbidden.'),
  },
}

export const fragmentSchema: SectionOf<FragmentFile> = {
  kind: 'section',
  about: 'A fragment: the requirements of one topic.',
  fields: {
    about: sentence('What the topic is.'),
    flavours: {
      kind: 'list',
      about: 'The kernels that it speaks of.',
      item: { kind: 'text', about: '', expected: '', choices: ['cloud', 'generic'] },
      default: ['cloud', 'generic'],
    },
    options: {
      kind: 'map',
      about: 'The requirements, by option.',
      key: option,
      value: optionRule,
      required: true,
    },
  },
}

const gapEntry: SectionOf<GapEntry> = {
  kind: 'section',
  about: 'A requirement that Debian’s kernel misses. It has `closedBy` or `accepted`, not both.',
  fields: {
    leaves: sentence('What the kernel leaves open.'),
    closedBy: {
      kind: 'section',
      about: 'What closes it on the running host.',
      optional: true,
      fields: {
        commandLine: {
          kind: 'list',
          about: 'Arguments of the kernel.',
          item: { kind: 'text', about: '', expected: 'one argument', pattern: /^[!-~]+$/ },
        },
        sysctls: {
          kind: 'map',
          about: 'Sysctls by dotted name, with the value to set and to find.',
          key: {
            kind: 'text',
            about: '',
            expected: 'the dotted name of a sysctl',
            pattern: /^[a-z0-9_-]+(?:\.[a-zA-Z0-9_-]+)+$/,
          },
          value: { kind: 'text', about: '', expected: 'the value as a quoted text' },
        },
        files: {
          kind: 'map',
          about: 'Files of the booted host, with the text to find in them.',
          key: { kind: 'text', about: '', expected: 'an absolute path', pattern: /^\/\S+$/ },
          value: { kind: 'text', about: '', expected: 'the text to find' },
        },
      },
    },
    accepted: {
      kind: 'text',
      about: 'Why it is left open.',
      expected: 'a sentence',
      optional: true,
    },
  },
}

export const gapsSchema: SectionOf<GapsFile> = {
  kind: 'section',
  about: 'The known gaps.',
  fields: {
    gaps: {
      kind: 'map',
      about: 'The gaps, by option.',
      key: option,
      value: gapEntry,
      required: true,
    },
  },
}
