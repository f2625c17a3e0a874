import { askProgram } from './hypervisor-program.ts'
import { type Provider, providerFailed } from './provider.ts'

/** A guest property; undefined when it is not set. */
export type AskProperty = (name: string) => Promise<string | undefined>

/** VirtualBox: the guest property `/Ignition/Config`. */
export function virtualboxProvider(ask: AskProperty = askControl): Provider {
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
  }
}

async function askControl(name: string): Promise<string | undefined> {
  const command = ['VBoxControl', '--nologo', 'guestproperty', 'get', name] as const
  const { status, output } = await askProgram('virtualbox', command, 'virtualbox-guest-utils')
  if (status !== 0)
    throw providerFailed('virtualbox', `VBoxControl ended with ${status} for ${name}`)
  return /^Value: ([\s\S]*?)\n?$/.exec(output)?.[1]
}
