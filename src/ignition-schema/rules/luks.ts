import type { Config, Luks } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { checkClevis, unlocksByClevis } from './clevis.ts'
import { checkPath } from './paths.ts'
import { checkResource } from './resource.ts'
import { sourceMistake } from './source.ts'

/** Encrypted volumes. */
export function checkLuks(config: Draft<Config>, minor: number, report: Report): void {
  config.storage?.luks?.forEach((luks, index) => {
    if (luks !== undefined) checkVolume(luks, ['storage', 'luks', index], minor, report)
  })
}

/** LUKS2 has 48 bytes for a label, with the NUL at its end. */
const longestLabel = 47

function checkVolume(luks: Draft<Luks>, path: Path, minor: number, report: Report): void {
  if (luks.name?.includes('/')) report('IGNITION_LUKS_NAME', [...path, 'name'])
  const length = Buffer.byteLength(luks.label ?? '')
  if (length > longestLabel) report('IGNITION_LUKS_LABEL_LENGTH', [...path, 'label'], { length })
  if (!luks.device) report('IGNITION_DEVICE_REQUIRED', [...path, 'device'])
  else checkPath(luks.device, [...path, 'device'], report)
  checkKeyFile(luks, [...path, 'keyFile'], minor, report)
  if (luks.clevis !== undefined) checkClevis(luks.clevis, [...path, 'clevis'], minor, report)
  if (luks.cex?.enabled !== true) return
  if (unlocksByClevis(luks.clevis)) report('IGNITION_CEX_WITH_CLEVIS', [...path, 'cex'])
  if (luks.keyFile?.source) report('IGNITION_CEX_WITH_KEY_FILE', [...path, 'cex'])
}

function checkKeyFile({ keyFile }: Draft<Luks>, path: Path, minor: number, report: Report): void {
  if (keyFile === undefined) return
  if (sourceMistake(keyFile.source ?? '', minor) !== undefined)
    report('IGNITION_LUKS_KEY_FILE', path)
  checkResource(keyFile, path, minor, report)
}
