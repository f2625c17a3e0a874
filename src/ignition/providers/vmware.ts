import { askProgram } from './hypervisor-program.ts'
import { decodeBase64, gunzipped } from './metadata-service.ts'
import { ovfProperties } from './ovf-environment.ts'
import { type Provider, providerFailed } from './provider.ts'

/** A guestinfo variable of the virtual machine; undefined when it is not set. */
export type AskGuestinfo = (name: string) => Promise<string | undefined>

/** VMware: `guestinfo.ignition.config.data` and `.encoding`, set directly or by an OVF environment. */
export function vmwareProvider(ask: AskGuestinfo = askRpctool): Provider {
  return {
    fetch: async () => {
      const environment = (await ask('ovfenv')) ?? ''
      const properties = ovfProperties(environment)
      const value = async (name: string) =>
        (await ask(name)) ?? properties.get(`guestinfo.${name}`) ?? ''
      const data = await value('ignition.config.data')
      const encoding = await value('ignition.config.data.encoding')
      if (data === '') return undefined
      return { source: 'guestinfo.ignition.config.data', data: decode(data, encoding) }
    },
  }
}

function decode(data: string, encoding: string): Buffer {
  switch (encoding) {
    case '':
      return Buffer.from(data)
    case 'b64':
    case 'base64':
      return decodeBase64(data, 'vmware')
    case 'gz+b64':
    case 'gz+base64':
    case 'gzip+b64':
    case 'gzip+base64':
      return gunzipped(decodeBase64(data, 'vmware'), 'vmware')
    default:
      throw providerFailed(
        'vmware',
        `guestinfo.ignition.config.data.encoding is ${JSON.stringify(encoding)}, not base64 or gzip+base64`,
      )
  }
}

async function askRpctool(name: string): Promise<string | undefined> {
  const command = ['vmware-rpctool', `info-get guestinfo.${name}`] as const
  const { status, output } = await askProgram('vmware', command, 'open-vm-tools')
  if (status === 0) return output.replace(/\n$/, '')
  if (/^No value found/.test(output)) return undefined
  throw providerFailed('vmware', `vmware-rpctool ended with ${status} for guestinfo.${name}`)
}
