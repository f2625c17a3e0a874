import { randomBytes } from 'node:crypto'
import { normalize } from 'node:path'
import {
  type ContainerMount,
  type ContainerSpec,
  type Propagation,
  propagations,
} from '../../containers/spec.ts'
import type { ContainerDefaults } from '../../images/types.ts'
import { nameProblem } from '../../volumes/volume.ts'
import { type Fields, invalid } from '../fields.ts'

/** The mounts of another container, by what a client calls it. */
export type MountsOfOther = (name: string) => readonly ContainerMount[]

/**
 * The mounts of a create request: its own, those of other containers that it names, and the volumes that the image
 * wants. Throws SLIPWAY_ENGINE_INVALID.
 */
export function mountsOf(
  config: Fields,
  host: Fields,
  image: ContainerDefaults,
  mountsOfOther: MountsOfOther,
): Required<Pick<ContainerSpec, 'mounts' | 'tmpfs'>> {
  const described = host.objects('Mounts')
  const tmpfs = {
    ...host.textMap('Tmpfs'),
    ...Object.fromEntries(described.filter(isTmpfs).map(tmpfsOf)),
  }
  const named = [
    ...host.texts('Binds').map(bindOf),
    ...described.filter((fields) => !isTmpfs(fields)).map(mountOf),
  ]
  requireDistinct([...named.map(({ target }) => target), ...Object.keys(tmpfs)])
  const asked = new Set([...named.map(({ target }) => target), ...Object.keys(tmpfs)])
  const inherited = host
    .texts('VolumesFrom')
    .flatMap((text) => inheritedMounts(text, mountsOfOther))
    .filter(({ target }, index, all) => !asked.has(target) && isLast(target, index, all))
  const taken = new Set([...asked, ...inherited.map(({ target }) => target)])
  const own = [...config.keysOf('Volumes'), ...Object.keys(image.Volumes ?? {})].map(target)
  const anonymous = [...new Set(own)].filter((path) => !taken.has(path)).map(anonymousVolume)
  return { mounts: [...named, ...inherited, ...anonymous], tmpfs }
}

/** `SOURCE:TARGET[:OPTIONS]`, or a target alone for a volume without a name. */
export function bindOf(text: string): ContainerMount {
  const [source = '', path, optionText, ...more] = text.split(':')
  if (more.length > 0) throw invalid(`invalid volume specification: '${text}'`)
  if (path === undefined) return anonymousVolume(target(source))
  const options = optionText?.split(',') ?? []
  const mount = {
    source,
    target: target(path),
    readOnly: options.includes('ro'),
    propagation: propagations.find((name) => options.includes(name)) ?? 'rprivate',
    noCopy: options.includes('nocopy'),
  }
  for (const option of options)
    if (!['ro', 'rw', 'z', 'Z', 'nocopy', ...propagations].includes(option))
      throw invalid(`invalid mode: ${optionText}`)
  if (source.startsWith('/'))
    return { ...mount, type: 'bind', source: normalize(source), create: true }
  return { ...mount, type: 'volume', source: checkedVolumeName(source) }
}

/** `NAME[:ro|rw]`. */
function inheritedMounts(text: string, mountsOfOther: MountsOfOther): ContainerMount[] {
  const [, name = '', mode = 'rw'] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? []
  if (name === '') throw invalid('invalid name or ID supplied: ""')
  if (!['ro', 'rw', 'z', 'Z'].includes(mode)) throw invalid(`invalid mode: ${mode}`)
  return mountsOfOther(name).map((mount) => ({
    ...mount,
    readOnly: mount.readOnly || mode === 'ro',
    inherited: true,
    noCopy: true,
  }))
}

function isLast(path: string, index: number, all: readonly ContainerMount[]): boolean {
  return all.findLastIndex(({ target }) => target === path) === index
}

function mountOf(fields: Fields): ContainerMount {
  const type = fields.text('Type')
  const path = target(fields.text('Target') ?? '')
  const source = fields.text('Source')
  const readOnly = fields.flag('ReadOnly')
  if (type === 'bind') {
    if (source?.startsWith('/') !== true)
      throw invalid(
        `invalid mount config for type "bind": invalid mount path: '${source ?? ''}' mount path must be absolute`,
      )
    const options = fields.object('BindOptions')
    for (const key of ['NonRecursive', 'ReadOnlyNonRecursive', 'ReadOnlyForceRecursive'])
      options.refuse(key, 'bind mounts are recursive')
    return {
      type,
      source: normalize(source),
      target: path,
      readOnly,
      propagation: propagation(options.text('Propagation')),
      create: options.flag('CreateMountpoint'),
    }
  }
  if (type !== 'volume') throw invalid(`mount type unknown: "${type ?? ''}"`)
  const options = fields.object('VolumeOptions')
  options.refuse('Subpath', 'a volume is mounted as a whole')
  const driver = options.object('DriverConfig')
  if (!['local', undefined].includes(driver.text('Name')))
    throw invalid(`VolumeOptions.DriverConfig: there is only the local driver`)
  driver.refuse('Options', 'the local driver takes none')
  const volume = {
    target: path,
    readOnly,
    propagation: 'rprivate',
    noCopy: options.flag('NoCopy'),
    labels: options.textMap('Labels'),
  } as const
  if (source === undefined) return { ...anonymousVolume(path), ...volume }
  return { type, source: checkedVolumeName(source), ...volume }
}

function isTmpfs(fields: Fields): boolean {
  return fields.text('Type') === 'tmpfs'
}

function tmpfsOf(fields: Fields): [string, string] {
  const options = fields.object('TmpfsOptions')
  const size = options.count('SizeBytes')
  const mode = options.count('Mode')
  return [
    target(fields.text('Target') ?? ''),
    [
      ...(fields.flag('ReadOnly') ? ['ro'] : []),
      ...(size === undefined ? [] : [`size=${size}`]),
      ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
    ].join(','),
  ]
}

function anonymousVolume(path: string): ContainerMount {
  const source = randomBytes(32).toString('hex')
  return {
    type: 'volume',
    source,
    target: path,
    readOnly: false,
    propagation: 'rprivate',
    anonymous: true,
  }
}

function target(path: string): string {
  if (!path.startsWith('/'))
    throw invalid(`invalid mount path: '${path}' mount path must be absolute`)
  const normal = normalize(path).replace(/(.)\/$/, '$1')
  if (normal === '/') throw invalid(`invalid volume specification: destination can't be '/'`)
  return normal
}

function checkedVolumeName(name: string): string {
  const problem = nameProblem(name)
  if (problem === undefined) return name
  throw invalid(`create ${name}: ${problem}`)
}

function propagation(text: string | undefined): Propagation {
  if (text === undefined) return 'rprivate'
  const found = propagations.find((name) => name === text)
  if (found === undefined) throw invalid(`invalid propagation mode: ${text}`)
  return found
}

function requireDistinct(targets: readonly string[]): void {
  const twice = targets.find((path, index) => targets.indexOf(path) !== index)
  if (twice !== undefined) throw invalid(`Duplicate mount point: ${twice}`)
}
