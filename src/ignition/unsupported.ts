import {
  type Config,
  type ParsedConfig,
  type Path,
  type Problem,
  type Resource,
  scheme,
} from '../ignition-schema/index.ts'
import { diskLimits } from './disks/limits.ts'

/** Sections that are valid Ignition but that this engine does not carry out. */
const sections: readonly Path[] = [
  ['ignition', 'config', 'merge'],
  ['ignition', 'config', 'replace'],
  ['ignition', 'timeouts'],
  ['ignition', 'security', 'tls', 'certificateAuthorities'],
  ['ignition', 'proxy'],
  ['passwd', 'users'],
  ['passwd', 'groups'],
  ['kernelArguments', 'shouldExist'],
  ['kernelArguments', 'shouldNotExist'],
]

/** An error for every part of the config that would otherwise be ignored. */
export function unsupportedParts(parsed: ParsedConfig, config: Config): Problem[] {
  return [
    ...sections
      .filter((path) => !isEmpty(valueAt(config, path)))
      .map((path) => parsed.problem('error', path, 'this section is not supported yet')),
    ...remoteSources(config).map((path) =>
      parsed.problem('error', path, 'fetching is not supported yet', 'a data URL'),
    ),
    ...diskLimits(parsed, config),
  ]
}

function remoteSources(config: Config): Path[] {
  const isRemote = ({ source }: Resource) =>
    source !== undefined && source !== '' && scheme(source) !== 'data'
  return (config.storage?.files ?? []).flatMap(({ contents, append = [] }, index) => {
    const file = ['storage', 'files', index]
    const resources: [Path, Resource][] = append.map((each, at) => [[...file, 'append', at], each])
    if (contents !== undefined) resources.unshift([[...file, 'contents'], contents])
    return resources
      .filter(([, resource]) => isRemote(resource))
      .map(([path]) => [...path, 'source'])
  })
}

function valueAt(config: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined,
    config,
  )
}

/** True for what says nothing: absent, or an object or list of such. */
function isEmpty(value: unknown): boolean {
  if (value === undefined) return true
  return typeof value === 'object' && value !== null && Object.values(value).every(isEmpty)
}
