/** What a systemd unit file (systemd.syntax(7)) has: the names of its sections, and its mistakes. */
export type UnitFile = {
  readonly sections: readonly string[]
  readonly problems: readonly UnitProblem[]
}

export type UnitProblem = {
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
    const wrong = (severity: UnitProblem['severity'], message: string) =>
      problems.push({ severity, line, message })
    if (text.startsWith('[')) {
      const name = /^\[([^[\]]+)\]$/.exec(text)?.[1]
      if (name === undefined) wrong('error', 'the section header is not [Name]')
      else sections.push(name)
    } else if (sections.length === 0)
      wrong('warning', 'systemd ignores what is before the first section')
    else if (!/^[^=\s]+\s*=/.test(text))
      wrong('error', 'the line is neither [Section] nor Name=value')
  }
  return { sections, problems }
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
