import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Luks, ParsedConfig } from '../../ignition-schema/index.ts'
import { isRemote } from '../assembly/needs-network.ts'
import { readContents } from '../contents.ts'
import { placed } from '../placed-error.ts'
import { replaceFile, sync } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { fetchBytes } from '../sources/resource.ts'
import { keyPath } from './crypttab.ts'
import type { Finding } from './finding.ts'
import { isBound } from './plan-volume.ts'
import { type Records, readUnfinished } from './records.ts'

/** As large as cryptsetup(8) reads one. */
const largestKeyBytes = 8192 << 10

type KeySources = {
  readonly parsed: ParsedConfig
  readonly root: TargetRoot
  readonly records: Pick<Records, 'get'>
  readonly fetcher: Fetcher
}

/**
 * The key of every volume: the config's, fetched where it is elsewhere, or one that is made here. What the
 * host will open a volume by is on its root before the volume is made: a key that a power loss took would
 * take the data. Throws PlacedError for what cannot be fetched.
 */
export async function volumeKeys(
  volumes: readonly Luks[],
  { parsed, root, records, fetcher }: KeySources,
): Promise<{ keys: ReadonlyMap<string, Buffer>; findings: readonly Finding[] }> {
  const keys = new Map<string, Buffer>()
  const findings: Finding[] = []
  for (const [index, luks] of volumes.entries()) {
    const { name, keyFile } = luks
    const earlier = readUnfinished(records, 'luks', name)
    if (keyFile !== undefined && isRemote(keyFile)) {
      const at = ['storage', 'luks', index, 'keyFile', 'source']
      const fetched = () => fetchBytes(fetcher, keyFile, { limitBytes: largestKeyBytes })
      keys.set(name, await placed(parsed, at, fetched))
    } else if (keyFile?.source) {
      const { data, mistake, part } = readContents(keyFile)
      if (data !== undefined) keys.set(name, data)
      else
        findings.push({
          at: ['storage', 'luks', index, 'keyFile', part],
          message: mistake,
          expected: 'the data as it was meant',
        })
    } else if (!isBound(luks)) keys.set(name, keptKey(luks, root, earlier !== undefined))
    // Once it is bound, nobody has the key any more.
    else if (earlier?.isDone !== true) keys.set(name, newKey())
  }
  return { keys, findings }
}

/** Puts the keys that the host needs at every boot below /etc/luks, for root alone. */
export function keepKeys(
  volumes: readonly Luks[],
  root: TargetRoot,
  keys: ReadonlyMap<string, Buffer>,
): void {
  for (const luks of volumes) {
    const key = keys.get(luks.name)
    if (key === undefined || isBound(luks)) continue
    const path = root.resolve(keyPath(luks))
    const changed = new Set<string>()
    root.makeParents(dirname(path), (directory) => changed.add(directory))
    if (lstatIfExists(dirname(path)) === undefined) {
      mkdirSync(dirname(path), 0o700)
      changed.add(dirname(dirname(path)))
    }
    chmodSync(dirname(path), 0o700)
    replaceFile(path, key, { uid: 0, gid: 0, mode: 0o600 })
    for (const directory of [dirname(path), ...changed]) sync(directory)
  }
}

/** The key of an earlier run, if there was one. */
function keptKey(luks: Luks, root: TargetRoot, isRepeated: boolean): Buffer {
  const path = root.resolve(keyPath(luks))
  return isRepeated && lstatIfExists(path)?.isFile() ? readFileSync(path) : newKey()
}

/** As long as the reference implementation's, in characters that every program takes. */
function newKey(): Buffer {
  return Buffer.from(randomBytes(4096).toString('hex'))
}
