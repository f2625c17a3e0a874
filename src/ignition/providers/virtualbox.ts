import { askProgram } from './hypervisor-program.ts'
import { type Provider, providerFailed } from './provider.ts'

/** The guest properties of a virtual machine. */
export type GuestProperties = {
  /** undefined when it is not set. */
  get(name: string): Promise<string | undefined>
  delete(name: string): Promise<void>
}

/** VirtualBox: the guest property `/Ignition/Config`. */
export function virtualboxProvider(properties: GuestProperties = control): Provider {
  const ask = properties.get
  return {
    fetch: async () => {
      const encoding = await ask('/Ignition/Config/Encoding')
      if (encoding)
        throw providerFailed(
          'virtualbox',
          `/Ignition/Config/Encoding is ${JSON.stringify(encoding)}`,
        )
      const text = await ask('/Ignition/Config')
      return text ? { source: '/Ignition/Config', data: Buffer.from(text) } : undefined
    },
    forget: async () => {
      if (await ask('/Ignition/Config')) await properties.delete('/Ignition/Config')
    },
  }
}

const control: GuestProperties = {
  get: async (name) => /^Value: ([\s\S]*?)\n?$/.exec(await callControl('get', name))?.[1],
  delete: async (name) => {
    await callControl('delete', name)
  },
}

async function callControl(verb: 'get' | 'delete', name: string): Promise<string> {
  const command = ['VBoxControl', '--nologo', 'guestproperty', verb, name] as const
  const { status, output } = await askProgram('virtualbox', command, 'virtualbox-guest-utils')
  if (status === 0) return output
  throw providerFailed('virtualbox', `VBoxControl ended with ${status} for ${name}`)
}
