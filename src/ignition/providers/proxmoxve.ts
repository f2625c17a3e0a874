import { cidataProvider } from './cidata.ts'
import type { Provider } from './provider.ts'

/** Proxmox VE, which makes a cloud-config of its own when the user gave nothing: that does not count. */
export function proxmoxveProvider(directory?: string): Provider {
  const accepts = (data: Buffer) =>
    data.length > 0 && !data.toString('latin1').startsWith('#cloud-config\n')
  return cidataProvider('proxmoxve', { paths: ['/user-data', '/vendor-data'], accepts }, directory)
}
