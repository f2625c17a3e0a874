import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { boolean, count, list, object, optional, parseJson, text, texts } from '../../json/value.ts'
import { rootNeedsNetworkPath, rootPointerPath } from '../paths.ts'
import { replaceFile, sync } from '../root/durable.ts'
import { lstatIfExists, type TargetRoot } from '../root/target-root.ts'

/** A device below root that has to be put together before root can be mounted. */
export type Layer =
  | {
      readonly kind: 'array'
      readonly name: string
      /** As mdadm writes it. */
      readonly uuid: string
      readonly level: string
      /** How many devices it has when none is missing. */
      readonly devices: number
    }
  | { readonly kind: 'volume'; readonly name: string; readonly uuid: string }

/** Where a host's root is, as the partition on the boot disk keeps it for each boot. */
export type RootPointer = {
  readonly uuid: string
  readonly format: string
  readonly options: readonly string[]
  /** What lies below before what lies on it; empty where root is on a partition. */
  readonly layers: readonly Layer[]
  /** Tang servers open some of it. */
  readonly needsNetwork?: boolean
}

/** Whether the root that the boot disk has only tells where the real one is. */
export function hasPointer(root: TargetRoot): boolean {
  return lstatIfExists(root.resolve(rootPointerPath)) !== undefined
}

/** Is on the disk when this returns: from then on the host boots from the other root. */
export function writePointer(root: TargetRoot, pointer: RootPointer): void {
  const path = root.resolve(rootPointerPath)
  root.makeParents(path, sync)
  const owner = { uid: 0, gid: 0, mode: 0o644 }
  // For conditions of units. It means nothing without the other.
  if (pointer.needsNetwork === true) replaceFile(root.resolve(rootNeedsNetworkPath), '', owner)
  replaceFile(path, `${JSON.stringify(pointer, null, 2)}\n`, owner)
  sync(dirname(path))
}

export function readPointer(root: TargetRoot): RootPointer {
  const pointer = object(parseJson(readFileSync(root.resolve(rootPointerPath))), 'root')
  const needsNetwork = optional(pointer.needsNetwork, 'needsNetwork', boolean)
  return {
    uuid: text(pointer.uuid, 'uuid'),
    format: text(pointer.format, 'format'),
    options: optional(pointer.options, 'options', texts) ?? [],
    layers: list(pointer.layers, 'layers').map((layer, index) =>
      readLayer(layer, `layers[${index}]`),
    ),
    ...(needsNetwork === undefined ? {} : { needsNetwork }),
  }
}

function readLayer(value: unknown, at: string): Layer {
  const layer = object(value, at)
  const name = text(layer.name, `${at}.name`)
  const uuid = text(layer.uuid, `${at}.uuid`)
  if (layer.kind === 'volume') return { kind: 'volume', name, uuid }
  const level = text(layer.level, `${at}.level`)
  return { kind: 'array', name, uuid, level, devices: count(layer.devices, `${at}.devices`) }
}
