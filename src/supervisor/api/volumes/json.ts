import type { VolumeStore } from '../../volumes/store.ts'
import type { Volume } from '../../volumes/volume.ts'

/** A volume as every call shows it. */
export function volumeJson(volumes: VolumeStore, { name, createdAt, labels }: Volume): object {
  return {
    CreatedAt: createdAt.replace(/\.\d+Z$/, 'Z'),
    Driver: 'local',
    Labels: Object.keys(labels).length === 0 ? null : labels,
    Mountpoint: volumes.paths(name).data,
    Name: name,
    Options: null,
    Scope: 'local',
  }
}
