import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ignitionDiskErrors } from '../../errors/ignition-disks.ts'
import { runProgram } from '../disks/program.ts'
import type { Layer } from './pointer.ts'

/**
 * What the kernel has put together below a device and as it, in the order in which it can be put together again.
 * @throws SLIPWAY_IGNITION_ROOT_LOST for a device that no boot could open
 */
export async function layersOf(device: string, sys = '/sys'): Promise<Layer[]> {
  const name = basename(device)
  const place = join(sys, 'class/block', name)
  const below: Layer[] = []
  for (const each of slavesOf(place))
    for (const layer of await layersOf(`/dev/${each}`, sys))
      if (!below.some(({ uuid }) => uuid === layer.uuid)) below.push(layer)
  const read = (path: string) => readFileSync(join(place, path), 'utf8').trim()
  if (existsSync(join(place, 'md'))) {
    const { output } = await runProgram('mdadm', ['--detail', '--export', device])
    const devices = Number(read('md/raid_disks'))
    return [
      ...below,
      { ...readDetail(output.toString('utf8'), name), level: read('md/level'), devices },
    ]
  }
  if (existsSync(join(place, 'dm'))) {
    const uuid = volumeUuid(read('dm/uuid'))
    if (uuid === undefined) {
      const reason = `${name} is no LUKS2 volume`
      throw ignitionDiskErrors.error('SLIPWAY_IGNITION_ROOT_LOST', { device, reason })
    }
    return [...below, { kind: 'volume', name: read('dm/name'), uuid }]
  }
  return below
}

/** What `mdadm --detail --export` says: MD_DEVNAME is missing where nothing is below /dev/md. */
export function readDetail(output: string, kernelName: string) {
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(output)?.[1]
  const uuid = value('MD_UUID') ?? ''
  return { kind: 'array' as const, name: value('MD_DEVNAME') ?? kernelName, uuid }
}

/** `CRYPT-LUKS2-<32 digits>-<name>`, as cryptsetup names what it opens. */
export function volumeUuid(text: string): string | undefined {
  const [, ...parts] =
    /^CRYPT-LUKS2-([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})-/.exec(text) ??
    []
  return parts.length === 0 ? undefined : parts.join('-')
}

function slavesOf(place: string): string[] {
  const folder = join(place, 'slaves')
  return existsSync(folder) ? readdirSync(folder).sort() : []
}
