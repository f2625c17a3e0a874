import { findMember } from './document.ts'
import type { JsonNode } from './json.ts'
import type { Report } from './report.ts'
import { newestMinor } from './shape.ts'

const understood = `3.0.0 to 3.${newestMinor}.0`

/** The minor version of the specification that a config is written for, or undefined, reported. */
export function checkVersion(root: JsonNode, report: Report): number | undefined {
  if (root.kind !== 'object') {
    report('IGNITION_NOT_AN_OBJECT', [])
    return undefined
  }
  const ignition = findMember(root, 'ignition')?.value
  const version = ignition?.kind === 'object' ? findMember(ignition, 'version')?.value : undefined
  const path = ['ignition', 'version']
  if (version === undefined) {
    const old = findMember(root, 'ignitionVersion') !== undefined
    report(
      old ? 'IGNITION_VERSION_1' : 'IGNITION_VERSION_MISSING',
      ignition === undefined ? [] : ['ignition'],
      { understood },
    )
    return undefined
  }
  if (version.kind !== 'string') {
    report('IGNITION_VERSION_TYPE', path, { understood })
    return undefined
  }
  const minor = Number(/^3\.(0|[1-9][0-9]*)\.0$/.exec(version.value)?.[1] ?? Number.NaN)
  if (minor <= newestMinor) return minor
  report(whyNot(version.value), path, { understood, version: version.value })
  return undefined
}

function whyNot(version: string) {
  if (!/^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(version)) return 'IGNITION_VERSION_MALFORMED'
  if (/^1\./.test(version)) return 'IGNITION_VERSION_1'
  if (/^2\./.test(version)) return 'IGNITION_VERSION_2'
  return version.includes('-') ? 'IGNITION_VERSION_EXPERIMENTAL' : 'IGNITION_VERSION_UNKNOWN'
}
