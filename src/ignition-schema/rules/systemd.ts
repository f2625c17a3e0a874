import type { Config, Unit } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { parseUnitFile, setsIn } from '../unit-file.ts'

/** Names, syntax and [Install] sections of units and drop-ins. */
export function checkSystemd(config: Draft<Config>, report: Report): void {
  const units = config.systemd?.units ?? []
  units.forEach((unit, index) => {
    if (unit === undefined) return
    const path = ['systemd', 'units', index]
    if (unit.name !== undefined) checkName(unit.name, [...path, 'name'], report)
    checkContents(unit.contents, [...path, 'contents'], report)
    if (unit.enabled === true) checkInstall(unit, units, path, report)
    unit.dropins?.forEach((dropin, dropinIndex) => {
      const here = [...path, 'dropins', dropinIndex]
      if (dropin?.name !== undefined) checkDropinName(dropin.name, [...here, 'name'], report)
      checkContents(dropin?.contents, [...here, 'contents'], report)
    })
  })
}

const types = [
  'service',
  'socket',
  'device',
  'mount',
  'automount',
  'swap',
  'target',
  'path',
  'timer',
  'snapshot',
  'slice',
  'scope',
]

function checkName(name: string, path: Path, report: Report): void {
  const type = name.slice(name.lastIndexOf('.') + 1)
  if (!name.includes('.') || !types.includes(type))
    report('IGNITION_UNIT_TYPE', path, { endings: `.${types.join(', .')}` })
  else if (!/^[A-Za-z0-9:_.\\@-]+\.[a-z]+$/.test(name) || name.length > 255)
    report('IGNITION_UNIT_NAME', path)
}

function checkDropinName(name: string, path: Path, report: Report): void {
  if (!name.endsWith('.conf')) report('IGNITION_DROPIN_NAME', path)
  else if (/[/\0]/.test(name)) report('IGNITION_DROPIN_PLACE', path)
}

function checkContents(contents: string | undefined, path: Path, report: Report): void {
  for (const { kind, line, message } of parseUnitFile(contents ?? '').problems)
    if (kind === 'ignored') report('IGNITION_UNIT_TEXT_IGNORED', path, { line })
    else if (kind === 'too long')
      report('IGNITION_UNIT_LINE_LENGTH', path, { line, length: message })
    else report('IGNITION_UNIT_SYNTAX', path, { line, mistake: message })
}

function checkInstall(
  unit: Draft<Unit>,
  units: readonly (Draft<Unit> | undefined)[],
  path: Path,
  report: Report,
): void {
  if (unit.contents && lacksInstall(unit.contents))
    report('IGNITION_UNIT_NOT_INSTALLED', [...path, 'contents'])
  const [, prefix] = /^(.+?@).+?\.service$/.exec(unit.name ?? '') ?? []
  if (prefix === undefined) return
  const template = units.findLast((each) => each?.name === `${prefix}.service`)
  if (template?.contents && lacksInstall(template.contents))
    report('IGNITION_INSTANCE_NOT_INSTALLED', [...path, 'name'], { template: `${prefix}.service` })
}

/** False for a file with mistakes: those are enough to report. */
function lacksInstall(contents: string): boolean {
  const { problems } = parseUnitFile(contents)
  return !problems.some(({ severity }) => severity === 'error') && !setsIn(contents, 'Install')
}
