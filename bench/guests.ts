import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { VirtualMachineOptions } from '../src/qemu-runner/index.ts'
import { ignitionConfig } from '../src/start/host-config.ts'
import { memoryScript, memoryUnit } from './memory-report.ts'
import { peerBootTimesUnit, peerContainerUnit, unitCredentials } from './peer-config.ts'
import type { Side } from './rows.ts'

/** A host that is measured in a virtual machine: what is its own of the machine's options. */
export type Guest = {
  readonly side: Side
  readonly disk: { readonly image: string; readonly format: 'raw' | 'qcow2' }
  /**
   * How it is told to run the container; `image` is a reference that it can pull. With `reportMemory` it
   * gets a unit that does so too.
   */
  config(
    image: string,
    options: { readonly reportMemory: boolean },
  ): Promise<Pick<VirtualMachineOptions, 'fwCfg' | 'smbios'>>
  /** The line of the console that tells how the boot was split. */
  readonly timesLine: RegExp
}

/** Where the container listens, in the guest too. */
export const containerPort = 8080

/** Our host: it gets a Compose file by Ignition. Without a shell of its own, it borrows busybox to report. */
export function ourGuest(qcow2: string, machineTree: string): Guest {
  const folder = '/var/lib/bench'
  return {
    side: 'ours',
    disk: { image: qcow2, format: 'qcow2' },
    timesLine: /slipway: booted: /,
    config: async (image, { reportMemory }) => {
      const [registry = ''] = image.split('/')
      const web = { image, ports: [`${containerPort}:${containerPort}`], restart: 'always' }
      const host = { compose: { bench: { services: { web } } }, insecureRegistries: [registry] }
      if (!reportMemory) return fwCfg(ignitionConfig(host))
      const files = {
        [`${folder}/busybox`]: {
          content: await readFile(join(machineTree, 'usr/bin/busybox')),
          mode: 0o755,
        },
        [`${folder}/report`]: {
          content: memoryScript('slipway-supervisor.service', `${folder}/busybox sleep`),
        },
      }
      const unit = memoryUnit(`${folder}/busybox sh ${folder}/report`)
      return fwCfg(ignitionConfig({ ...host, files, units: { 'bench-memory.service': unit } }))
    },
  }
}

/** The peer's host: it gets units by systemd's credentials. */
export function peerGuest(raw: string): Guest {
  return {
    side: 'peer',
    disk: { image: raw, format: 'raw' },
    timesLine: /Startup finished in /,
    config: async (image, { reportMemory }) => {
      const script = memoryScript('no-supervisor.service', 'sleep')
      const shell = `/bin/sh -c 'echo ${Buffer.from(script).toString('base64')} | base64 -d >/run/report; exec sh /run/report'`
      const units = {
        'web.service': peerContainerUnit(image, containerPort),
        'bench-times.service': peerBootTimesUnit,
        ...(reportMemory && { 'bench-memory.service': memoryUnit(shell) }),
      }
      return { smbios: { oemStrings: unitCredentials(units).map((text) => ({ text })) } }
    },
  }
}

/** Where Ignition looks for its config under QEMU. */
function fwCfg(text: string): Pick<VirtualMachineOptions, 'fwCfg'> {
  return { fwCfg: { 'opt/com.coreos/config': { text } } }
}
