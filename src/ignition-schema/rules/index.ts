import type { Config } from '../config.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { config as configShape } from '../specification/config.ts'
import { checkAccounts } from './accounts.ts'
import { checkDisks } from './disks.ts'
import { checkDuplicates } from './duplicates.ts'
import { checkFilesystems } from './filesystems.ts'
import { checkIgnition } from './ignition.ts'
import { checkLuks } from './luks.ts'
import { checkNodes } from './nodes.ts'
import { checkPlaces } from './places.ts'
import { checkRaids } from './raid.ts'
import { checkSystemd } from './systemd.ts'

/** Everything that holds beyond the types of values, in the words of a config's own version. */
export function checkRules(config: Draft<Config>, minor: number, report: Report): void {
  checkIgnition(config, minor, report)
  checkDisks(config, report)
  checkRaids(config, minor, report)
  checkLuks(config, minor, report)
  checkFilesystems(config, minor, report)
  checkNodes(config, minor, report)
  checkPlaces(config, report)
  checkSystemd(config, report)
  checkAccounts(config, report)
  checkDuplicates(config, configShape, [], report)
}
