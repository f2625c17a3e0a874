import { blankHeader, type EntryType, type TarHeader } from './tar-header.ts'

/** An entry that must not be unpacked; `reason` continues a sentence about it. */
export class UnsafeEntryError extends Error {
  readonly path: string
  readonly reason: string

  constructor(name: string, reason: string) {
    const path = printable(name)
    super(`${path} ${reason}`)
    this.path = path
    this.reason = reason
  }
}

const whiteoutPrefix = '.wh.'
const opaqueMarker = '.wh..wh..opq'
const longestPath = 4095

/** What every runtime gives a container in /dev itself (OCI runtime spec, default devices), by major:minor. */
const defaultDevices: Readonly<Record<string, string>> = {
  'dev/null': '1:3',
  'dev/zero': '1:5',
  'dev/full': '1:7',
  'dev/random': '1:8',
  'dev/urandom': '1:9',
  'dev/tty': '5:0',
  'dev/console': '5:1',
  'dev/ptmx': '5:2',
}

/**
 * Decides for each entry of a layer what is unpacked in its place, so that nothing leaves the
 * layer's directory and overlayfs understands the result (image-spec 1.1, layer.md).
 *
 * - Names are taken from the layer's top; `..` is refused, and so is a path through anything that
 *   is not a directory of this layer. Once a directory, always a directory.
 * - Hard links lead only to what this layer has.
 * - Devices are refused, as a rootless engine would: an image has no use for them. The ones that
 *   every container gets in /dev are left out instead, because older images carry them.
 * - Whiteouts become devices 0:0 and opaque directories `trusted.overlay.opaque`. They speak of the
 *   layers below only: what this layer itself has at the same path stays, in whatever order.
 * - Attributes are kept if they are `security.capability` or the user's; `trusted.*` could forge
 *   what overlayfs reads.
 */
export class LayerTree {
  /** Every path of this layer; directories with their attributes, to write them again if opaque. */
  readonly #entries = new Map<string, EntryType>()
  readonly #directories = new Map<string, TarHeader>([['', implicitDirectory('')]])
  readonly #whiteouts = new Set<string>()
  readonly #opaque = new Set<string>()

  constructor() {
    this.#entries.set('', 'directory')
  }

  /** How many paths the layer has until now, whiteouts included. */
  get size(): number {
    return this.#entries.size + this.#whiteouts.size
  }

  /**
   * The entries to write for this one: missing parents, then itself without its name's frills;
   * none for what only overlayfs is told of. Only the last has content.
   *
   * @throws UnsafeEntryError
   */
  admit(header: TarHeader): TarHeader[] {
    const path = confinedPath(header.name, header.name)
    const base = path.slice(path.lastIndexOf('/') + 1)
    if (`/${path.slice(0, -base.length)}`.includes(`/${whiteoutPrefix}`)) {
      throw new UnsafeEntryError(header.name, 'lies below a whiteout')
    }
    if (base.startsWith(whiteoutPrefix)) return this.#hide(path, base)
    if (header.type === 'character device' || header.type === 'block device') {
      if (isDefaultDevice(path, header)) return []
      throw new UnsafeEntryError(header.name, 'is a device node')
    }
    const parents = this.#parents(path, header.name)
    this.#checkReplacement(path, header)
    const linkName = header.type === 'hard link' ? this.#hardLinkTarget(header) : header.linkName
    const type = header.type === 'hard link' ? (this.#entries.get(linkName) ?? 'file') : header.type
    const clean = {
      ...header,
      name: written(path, header.type),
      linkName,
      xattrs: keptXattrs(header),
    }
    this.#entries.set(path, type)
    if (header.type === 'directory') this.#directories.set(path, clean)
    return [...parents, clean]
  }

  /** The entries that end the layer: whiteouts and opaque directories. */
  closing(): TarHeader[] {
    const whiteouts = [...this.#whiteouts].filter((path) => !this.#entries.has(path))
    const replaced = [...this.#whiteouts].filter((path) => this.#directories.has(path))
    const opaque = new Set([...this.#opaque, ...replaced])
    return [
      ...whiteouts.map(whiteout),
      ...[...opaque].flatMap((path) => {
        const directory = this.#directories.get(path)
        if (directory === undefined) return []
        const xattrs = new Map(directory.xattrs).set('trusted.overlay.opaque', Buffer.from('y'))
        return [{ ...directory, xattrs }]
      }),
    ]
  }

  #hide(path: string, base: string): TarHeader[] {
    const directory = path.slice(0, -base.length).replace(/\/$/, '')
    if (base === opaqueMarker) {
      this.#opaque.add(directory)
      return this.#parents(path, path)
    }
    const name = base.slice(whiteoutPrefix.length)
    // AUFS's own bookkeeping, which other engines leave out too.
    if (name.startsWith(whiteoutPrefix)) return []
    if (name === '' || name === '.' || name === '..') {
      throw new UnsafeEntryError(path, 'is a whiteout of nothing')
    }
    const parents = this.#parents(path, path)
    this.#whiteouts.add(directory === '' ? name : `${directory}/${name}`)
    return parents
  }

  /** The directories above `path` that the layer does not have yet. */
  #parents(path: string, name: string): TarHeader[] {
    const missing: TarHeader[] = []
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at)
      const type = this.#entries.get(parent)
      if (type === 'directory') break
      if (type !== undefined) throw new UnsafeEntryError(name, `goes through a ${type}`)
      missing.unshift(implicitDirectory(parent))
    }
    for (const directory of missing) {
      const parent = directory.name.slice(0, -1)
      this.#entries.set(parent, 'directory')
      this.#directories.set(parent, directory)
    }
    return missing
  }

  #checkReplacement(path: string, header: TarHeader): void {
    if (this.#entries.get(path) !== 'directory' || header.type === 'directory') return
    const reason = path === '' ? 'is the top of the layer but no directory' : 'replaces a directory'
    throw new UnsafeEntryError(header.name, reason)
  }

  #hardLinkTarget(header: TarHeader): string {
    const target = confinedPath(header.linkName, header.name)
    const type = this.#entries.get(target)
    if (type === undefined) {
      const reason = `is a hard link to "${printable(target)}", which the layer does not have`
      throw new UnsafeEntryError(header.name, reason)
    }
    if (type !== 'directory') return target
    throw new UnsafeEntryError(header.name, 'is a hard link to a directory')
  }
}

/** The path below the layer's top, without slashes at its ends; empty for the top itself. */
function confinedPath(path: string, name: string): string {
  const components = path.split('/').filter((part) => part !== '' && part !== '.')
  if (components.includes('..')) throw new UnsafeEntryError(name, 'leads out of the layer by ".."')
  const confined = components.join('/')
  if (confined.length > longestPath || confined.includes('\0')) {
    throw new UnsafeEntryError(name.slice(0, 100), 'has a name that no file can have')
  }
  return confined
}

function written(path: string, type: EntryType): string {
  if (path === '') return './'
  return type === 'directory' ? `${path}/` : path
}

function isDefaultDevice(path: string, { type, deviceMajor, deviceMinor }: TarHeader): boolean {
  return type === 'character device' && defaultDevices[path] === `${deviceMajor}:${deviceMinor}`
}

function keptXattrs({ type, xattrs }: TarHeader): Map<string, Buffer> {
  const kept = new Map<string, Buffer>()
  for (const [key, value] of xattrs) {
    // The kernel has user attributes for these two types only.
    const users =
      key.startsWith('user.') &&
      !key.startsWith('user.overlay.') &&
      (type === 'file' || type === 'directory')
    if (users || (key === 'security.capability' && type === 'file')) kept.set(key, value)
  }
  return kept
}

function implicitDirectory(path: string): TarHeader {
  return { ...blankHeader, type: 'directory', name: written(path, 'directory'), mode: 0o755 }
}

function whiteout(path: string): TarHeader {
  return { ...blankHeader, type: 'character device', name: path, mode: 0 }
}

/** For messages: names are bytes of unknown origin. */
function printable(name: string): string {
  return Buffer.from(name, 'latin1')
    .toString('utf8')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, '\ufffd')
}
