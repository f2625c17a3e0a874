import type { Report } from '../check.ts'
import type { Config, Unit } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Draft } from '../shape.ts'
import { parseUnitFile, type UnitFile } from '../unit-file.ts'

/** Names, syntax and [Install] sections of units and drop-ins. */
export function checkSystemd(config: Draft<Config>, report: Report): void {
  const units = config.systemd?.units ?? []
  const names = new Set<string>()
  units.forEach((unit, index) => {
    if (unit === undefined) return
    const path = ['systemd', 'units', index]
    if (unit.name !== undefined) {
      checkName(unit.name, [...path, 'name'], report)
      if (names.has(unit.name))
        report('error', [...path, 'name'], 'the unit is declared twice', 'each unit once')
      names.add(unit.name)
    }
    const parsed = checkContents(unit.contents, [...path, 'contents'], report)
    if (unit.enabled === true) checkInstall(unit, parsed, units, path, report)
    checkDropins(unit, path, report)
  })
}

const unitTypes = [
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
  if (!name.includes('.') || !unitTypes.includes(type))
    report(
      'error',
      path,
      'the unit has no known type',
      `a name that ends in .${unitTypes.join(', .')}`,
    )
  else if (!/^[A-Za-z0-9:_.\\@-]+\.[a-z]+$/.test(name) || name.length > 255)
    report('error', path, 'not the name of a unit', 'up to 255 letters, digits and : - _ . \\ @')
}

function checkContents(
  contents: string | undefined,
  path: Path,
  report: Report,
): UnitFile | undefined {
  if (contents === undefined) return undefined
  const parsed = parseUnitFile(contents)
  for (const { severity, line, message } of parsed.problems)
    report(severity, path, `line ${line} of the unit file: ${message}`)
  return parsed
}

function checkInstall(
  unit: Draft<Unit>,
  parsed: UnitFile | undefined,
  units: readonly (Draft<Unit> | undefined)[],
  path: Path,
  report: Report,
): void {
  const missing = (file: UnitFile | undefined) =>
    file !== undefined && file.problems.length === 0 && !file.sections.includes('Install')
  if (unit.contents && missing(parsed))
    report(
      'warning',
      [...path, 'contents'],
      'enabling the unit has no effect',
      'an [Install] section',
    )
  const template = /^(.+?@).+?(\.service)$/.exec(unit.name ?? '')
  if (template === null) return
  const of = units.find((each) => each?.name === `${template[1]}${template[2]}`)
  if (of?.contents && missing(parseUnitFile(of.contents)))
    report(
      'warning',
      [...path, 'name'],
      'enabling the instance has no effect',
      `an [Install] section in ${of.name}`,
    )
}

function checkDropins(unit: Draft<Unit>, path: Path, report: Report): void {
  const names = new Set<string>()
  unit.dropins?.forEach((dropin, index) => {
    if (dropin === undefined) return
    const here = [...path, 'dropins', index]
    const { name } = dropin
    if (name !== undefined) {
      if (!/^[^/\0]+\.conf$/.test(name))
        report(
          'error',
          [...here, 'name'],
          'not the name of a drop-in',
          'a file name that ends in .conf',
        )
      if (names.has(name))
        report('error', [...here, 'name'], 'the drop-in is declared twice', 'each drop-in once')
      names.add(name)
    }
    checkContents(dropin.contents, [...here, 'contents'], report)
  })
}
