import type { Config, Raid } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { checkPath } from './paths.ts'

/** Software RAID arrays. */
export function checkRaids(config: Draft<Config>, minor: number, report: Report): void {
  config.storage?.raid?.forEach((raid, index) => {
    if (raid !== undefined) checkRaid(raid, ['storage', 'raid', index], minor, report)
  })
}

const sparelessLevels = ['linear', 'raid0', '0', 'stripe']
const otherLevels = [
  'raid1',
  '1',
  'mirror',
  'raid4',
  '4',
  'raid5',
  '5',
  'raid6',
  '6',
  'raid10',
  '10',
]

function checkRaid(raid: Draft<Raid>, path: Path, minor: number, report: Report): void {
  const { level, devices, spares = 0 } = raid
  const here = [...path, 'level']
  const levels = [...sparelessLevels, ...otherLevels].join(', ')
  // Up to 3.2.0 missing fields were reported with the types, since they had to be there.
  if (minor > 2 && !level) report('IGNITION_RAID_LEVEL_REQUIRED', here, { levels })
  else if (level !== undefined) {
    if (sparelessLevels.includes(level)) {
      if (spares !== 0) report('IGNITION_RAID_SPARES', here)
    } else if (!otherLevels.includes(level)) report('IGNITION_RAID_LEVEL', here, { levels })
  }
  if (devices === undefined ? minor > 2 : devices.length === 0)
    report('IGNITION_RAID_DEVICES', [...path, 'devices'])
  devices?.forEach((device, index) => {
    checkPath(device, [...path, 'devices', index], report)
  })
}
