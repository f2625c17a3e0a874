import { akamaiProvider } from './akamai.ts'
import { aliyunProvider } from './aliyun.ts'
import { applehvProvider } from './applehv.ts'
import { awsProvider } from './aws.ts'
import { azureProvider } from './azure.ts'
import { azurestackProvider } from './azurestack.ts'
import { cloudstackProvider } from './cloudstack.ts'
import { digitaloceanProvider } from './digitalocean.ts'
import { exoscaleProvider } from './exoscale.ts'
import { fileProvider } from './file.ts'
import { gcpProvider } from './gcp.ts'
import { hetznerProvider } from './hetzner.ts'
import { hypervProvider } from './hyperv.ts'
import { ibmcloudProvider } from './ibmcloud.ts'
import { kubevirtProvider } from './kubevirt.ts'
import { metalProvider } from './metal.ts'
import { nocloudProvider } from './nocloud.ts'
import { nutanixProvider } from './nutanix.ts'
import { nvidiabluefieldProvider } from './nvidiabluefield.ts'
import { openstackProvider } from './openstack.ts'
import { oraclecloudProvider } from './oraclecloud.ts'
import { packetProvider } from './packet.ts'
import { powervsProvider } from './powervs.ts'
import type { Provider } from './provider.ts'
import { proxmoxveProvider } from './proxmoxve.ts'
import { qemuProvider } from './qemu.ts'
import { scalewayProvider } from './scaleway.ts'
import { upcloudProvider } from './upcloud.ts'
import { virtualboxProvider } from './virtualbox.ts'
import { vmwareProvider } from './vmware.ts'
import { vultrProvider } from './vultr.ts'

/** Every platform, by its name in the reference implementation where that knows it. */
const providers: Readonly<Record<string, () => Provider>> = {
  akamai: () => akamaiProvider,
  aliyun: () => aliyunProvider,
  applehv: () => applehvProvider(),
  aws: () => awsProvider,
  azure: () => azureProvider(),
  azurestack: () => azurestackProvider(),
  cloudstack: () => cloudstackProvider(),
  digitalocean: () => digitaloceanProvider,
  exoscale: () => exoscaleProvider,
  file: () => fileProvider(process.env.IGNITION_CONFIG_FILE),
  gcp: () => gcpProvider,
  hetzner: () => hetznerProvider,
  hyperv: () => hypervProvider(),
  ibmcloud: () => ibmcloudProvider,
  kubevirt: () => kubevirtProvider(),
  metal: () => metalProvider,
  nocloud: () => nocloudProvider(),
  nutanix: () => nutanixProvider,
  nvidiabluefield: () => nvidiabluefieldProvider(),
  brightbox: () => openstackProvider('brightbox'),
  openstack: () => openstackProvider('openstack'),
  oraclecloud: () => oraclecloudProvider,
  packet: () => packetProvider,
  powervs: () => powervsProvider,
  proxmoxve: () => proxmoxveProvider(),
  qemu: () => qemuProvider(),
  scaleway: () => scalewayProvider,
  upcloud: () => upcloudProvider,
  virtualbox: () => virtualboxProvider(),
  vmware: () => vmwareProvider(),
  vultr: () => vultrProvider,
}

export const platforms: readonly string[] = Object.keys(providers).sort()

/** The provider of a platform out of `platforms`. */
export function openProvider(platform: string): Provider {
  const open = Object.hasOwn(providers, platform) ? providers[platform] : undefined
  if (open === undefined) throw new RangeError(`no provider for ${platform}`)
  return open()
}
