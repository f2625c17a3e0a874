import { askProgram } from './hypervisor-program.ts'
import { decodeBase64, gunzipped } from './metadata-service.ts'
import { ovfProperties } from './ovf-environment.ts'
import { type Provider, providerFailed } from './provider.ts'

/** The guestinfo variables of a virtual machine. */
export type Guestinfo = {
  /** undefined when it is not set. */
  get(name: string): Promise<string | undefined>
  set(name: string, value: string): Promise<void>
}

const dataName = 'ignition.config.data'
const encodingName = 'ignition.config.data.encoding'

/** VMware: `guestinfo.ignition.config.data` and `.encoding`, set directly or by an OVF environment. */
export function vmwareProvider(guestinfo: Guestinfo = rpctool): Provider {
  const ask = guestinfo.get
  return {
    fetch: async () => {
      const environment = (await ask('ovfenv')) ?? ''
      const properties = ovfProperties(environment)
      const value = async (name: string) =>
        (await ask(name)) ?? properties.get(`guestinfo.${name}`) ?? ''
      const data = await value(dataName)
      const encoding = await value(encodingName)
      if (data === '') return undefined
      return { source: `guestinfo.${dataName}`, data: decode(data, encoding) }
    },
    forget: async ({ log }) => {
      for (const name of [dataName, encodingName])
        if (await ask(name)) await guestinfo.set(name, '')
      if (ovfProperties((await ask('ovfenv')) ?? '').has(`guestinfo.${dataName}`))
        log.info(
          'the OVF environment of this machine keeps the config: it is for its owner to change',
        )
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

const rpctool: Guestinfo = {
  get: async (name) => {
    const { status, output } = await callRpctool(`info-get guestinfo.${name}`)
    if (status === 0) return output.replace(/\n$/, '')
    if (/^No value found/.test(output)) return undefined
    throw endedWith(status, name)
  },
  set: async (name, value) => {
    const { status } = await callRpctool(`info-set guestinfo.${name} ${value}`)
    if (status !== 0) throw endedWith(status, name)
  },
}

async function callRpctool(request: string) {
  return await askProgram('vmware', ['vmware-rpctool', request], 'open-vm-tools')
}

function endedWith(status: number, name: string) {
  return providerFailed('vmware', `vmware-rpctool ended with ${status} for guestinfo.${name}`)
}
