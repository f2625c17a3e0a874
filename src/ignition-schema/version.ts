import type { Report } from './check.ts'
import { findMember } from './document.ts'
import type { JsonNode } from './json.ts'
import { newestMinor } from './specification.ts'

const understood = `3.0.0 to 3.${newestMinor}.0`

/** The minor version of the specification that a config is written for, or undefined, reported. */
export function checkVersion(root: JsonNode, report: Report): number | undefined {
  if (root.kind !== 'object') {
    report('error', [], 'the config is not a JSON object', 'an object with the key "ignition"')
    return undefined
  }
  const ignition = findMember(root, 'ignition')?.value
  const version = ignition?.kind === 'object' ? findMember(ignition, 'version')?.value : undefined
  const path = ['ignition', 'version']
  if (version === undefined) {
    const old = findMember(root, 'ignitionVersion') !== undefined
    report(
      'error',
      ignition === undefined ? [] : ['ignition'],
      old
        ? 'a config of specification 1, which is no longer understood'
        : 'ignition.version is missing',
      `a version, ${understood}`,
    )
    return undefined
  }
  if (version.kind !== 'string') {
    report('error', path, 'the version is not a string', `a version in quotes, ${understood}`)
    return undefined
  }
  const minor = Number(/^3\.(0|[1-9][0-9]*)\.0$/.exec(version.value)?.[1] ?? Number.NaN)
  if (minor <= newestMinor) return minor
  report('error', path, whyNot(version.value), understood)
  return undefined
}

function whyNot(version: string): string {
  if (!/^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(version)) return 'not a version'
  if (/^[12]\./.test(version))
    return `specification ${version} is no longer understood: rewrite the config`
  if (version.includes('-')) return `specification ${version} is experimental and not understood`
  return `specification ${version} is not understood`
}
