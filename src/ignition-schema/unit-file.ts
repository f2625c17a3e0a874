/** What a systemd unit file (systemd.syntax(7)) has: the names of its sections, and its mistakes. */
export type UnitFile = {
  readonly sections: readonly string[]
  readonly problems: readonly UnitProblem[]
}

export type UnitProblem = {
  readonly kind: 'syntax' | 'ignored' | 'too long'
  readonly severity: 'error' | 'warning'
  /** 1-based, within the unit file. */
  readonly line: number
  readonly message: string
}

/** Parses the contents of a unit or drop-in file as far as its syntax goes. */
export function parseUnitFile(contents: string): UnitFile {
  const sections: string[] = []
  const problems: UnitProblem[] = []
  for (const { text, line } of logicalLines(contents)) {
    const wrong = (message: string) =>
      problems.push({ kind: 'syntax', severity: 'error', line, message })
    if (text.startsWith('[')) {
      const name = /^\[([^[\]]+)\]$/.exec(text)?.[1]
      if (name === undefined) wrong('the section header is not [Name]')
      else sections.push(name)
    } else if (sections.length === 0)
      problems.push({
        kind: 'ignored',
        severity: 'warning',
        line,
        message: 'systemd ignores what is before the first section',
      })
    else if (!/^[^=\s]+\s*=/.test(text)) wrong('the line is neither [Section] nor Name=value')
  }
  return { sections, problems: [...problems, ...longLines(contents)] }
}

/** The values that a unit file without mistakes gives to a key of a section, split at white space. */
export function valuesIn(contents: string, section: string, key: string): string[] {
  let current: string | undefined
  return logicalLines(contents).flatMap(({ text }) => {
    if (text.startsWith('[')) current = /^\[([^[\]]+)\]$/.exec(text)?.[1]
    const [, name, value = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(text) ?? []
    return current === section && name === key ? value.split(/\s+/).filter(Boolean) : []
  })
}

/** Whether a unit file without mistakes sets anything in a section. */
export function setsIn(contents: string, section: string): boolean {
  let current: string | undefined
  return logicalLines(contents).some(({ text }) => {
    if (!text.startsWith('[')) return current === section
    current = /^\[([^[\]]+)\]$/.exec(text)?.[1]
    return false
  })
}

/** The reference implementation's reader takes lines up to this length, since systemd once did. */
const longestLine = 2048

function longLines(contents: string): UnitProblem[] {
  return contents.split('\n').flatMap((text, index): UnitProblem[] => {
    const length = text.length < longestLine / 4 ? 0 : Buffer.byteLength(text)
    if (length < longestLine) return []
    return [{ kind: 'too long', severity: 'error', line: index + 1, message: String(length) }]
  })
}

type Line = { readonly text: string; readonly line: number }

/** Lines without comments, with those that end in a backslash joined to the next. */
function logicalLines(contents: string): Line[] {
  const lines: Line[] = []
  let continued: Line | undefined
  contents.split(/\r?\n/).forEach((raw, index) => {
    // A comment between continued lines does not end them.
    if (/^\s*[#;]/.test(raw)) return
    const joins = raw.endsWith('\\')
    const part = joins ? `${raw.slice(0, -1)} ` : raw
    const text = (continued?.text ?? '') + part
    const line = continued?.line ?? index + 1
    continued = joins ? { text, line } : undefined
    if (!joins && text.trim() !== '') lines.push({ text: text.trim(), line })
  })
  if (continued !== undefined && continued.text.trim() !== '')
    lines.push({ text: continued.text.trim(), line: continued.line })
  return lines
}
