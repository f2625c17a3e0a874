import type { CdromPlaces } from '../drives/cdrom.ts'
import { customData } from './azure.ts'
import type { Provider } from './provider.ts'

/** Azure Stack: custom data on the CD. */
export function azurestackProvider(places?: CdromPlaces): Provider {
  return { fetch: (context) => customData(context, ['udf', 'iso9660'], places) }
}
