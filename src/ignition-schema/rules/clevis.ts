import type { Luks } from '../config.ts'
import type { Path } from '../problem.ts'
import type { Report } from '../report.ts'
import type { Draft } from '../shape.ts'
import { parseUrl } from '../url.ts'

type Clevis = Draft<NonNullable<Luks['clevis']>>
type Custom = NonNullable<Clevis['custom']>
type Tang = NonNullable<NonNullable<Clevis['tang']>[number]>

/** Whether a volume is unlocked by clevis at all. */
export function unlocksByClevis(clevis: Clevis | undefined): boolean {
  return Boolean(clevis?.custom?.pin) || unlocksByKnownPins(clevis)
}

/** How a volume is unlocked: by servers, by the TPM, or by a pin of one's own. */
export function checkClevis(clevis: Clevis, path: Path, minor: number, report: Report): void {
  const { custom, tang = [] } = clevis
  const isCustom = minor === 2 ? custom !== undefined : Boolean(custom?.pin)
  if (isCustom && unlocksByKnownPins(clevis)) report('IGNITION_CLEVIS_CUSTOM_WITH_OTHERS', path)
  if (custom !== undefined) checkCustom(custom, [...path, 'custom'], minor, report)
  tang.forEach((server, index) => {
    if (server !== undefined) checkTang(server, [...path, 'tang', index], minor, report)
  })
}

function unlocksByKnownPins(clevis: Clevis | undefined): boolean {
  const { tang = [], tpm2, threshold = 0 } = clevis ?? {}
  return tang.length > 0 || tpm2 === true || threshold !== 0
}

function checkCustom(custom: Custom, path: Path, minor: number, report: Report): void {
  const { pin, config, needsNetwork } = custom
  if (!pin && !config && (minor === 2 || needsNetwork !== true)) return
  const isKnown = pin !== undefined && ['tpm2', 'tang', 'sss'].includes(pin)
  if (!pin && minor > 2) report('IGNITION_CLEVIS_PIN_REQUIRED', [...path, 'pin'])
  else if (minor < 6 && !isKnown) report('IGNITION_CLEVIS_PIN', [...path, 'pin'])
  if (!config) report('IGNITION_CLEVIS_CONFIG_REQUIRED', [...path, 'config'])
}

function checkTang(server: Tang, path: Path, minor: number, report: Report): void {
  const url = parseUrl(server.url ?? '')
  if (url === undefined) report('IGNITION_TANG_URL', [...path, 'url'])
  else if (url.scheme !== 'http' && url.scheme !== 'https')
    report('IGNITION_TANG_SCHEME', [...path, 'url'])
  if (!server.thumbprint) report('IGNITION_TANG_THUMBPRINT', [...path, 'thumbprint'])
  if (minor >= 4 && server.advertisement && !isJson(server.advertisement))
    report('IGNITION_TANG_ADVERTISEMENT', [...path, 'advertisement'])
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
