import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ignitionErrors } from '../../errors/ignition.ts'
import { readFromDevice } from '../drives/drive.ts'
import type { ProvidedConfig } from '../providers/provider.ts'
import type { Fetcher } from '../sources/fetcher.ts'
import { fetchBytes } from '../sources/resource.ts'
import { sourceName } from '../sources/source-url.ts'

export type KernelArguments = { url?: string; device?: string; path?: string }

/** How long the device that the kernel's command line names may take to appear. */
const deviceMs = 30_000

/** The arguments of Ignition on a kernel's command line; the last of a name counts, empty ones do not. */
export function kernelArguments(commandLine: string): KernelArguments {
  const found: KernelArguments = {}
  for (const word of commandLine.split(/\s+/)) {
    const [, name, value] = /^ignition\.config\.(url|device|path)=(.+)$/s.exec(word) ?? []
    if (name === 'url' || name === 'device' || name === 'path') found[name] = value ?? ''
  }
  return found
}

/**
 * The config that the kernel's command line names, by `ignition.config.url=`, or on the file system
 * with the label `ignition.config.device=` under `ignition.config.path=`; undefined when it names none.
 * Throws as fetchBytes and readFromDevice.
 */
export async function kernelArgumentConfig(
  commandLinePath: string,
  fetcher: Fetcher,
): Promise<ProvidedConfig | undefined> {
  const { url, device, path } = kernelArguments(readFileSync(commandLinePath, 'utf8'))
  if (url !== undefined) {
    if (device !== undefined || path !== undefined)
      fetcher.log.info('ignition.config.url counts; ignition.config.device and .path do not')
    return { source: sourceName(url), data: await fetchBytes(fetcher, { source: url }) }
  }
  if (device === undefined && path === undefined) return undefined
  if (device === undefined || path === undefined)
    throw unreadable('ignition.config.device and ignition.config.path go together')
  if (basename(device) !== device || device === '..' || device === '.')
    throw unreadable('ignition.config.device is not the label of a file system')
  const name = `${path} of the file system ${device}`
  const signal = AbortSignal.timeout(deviceMs)
  const content = await readFromDevice({
    devices: [`/dev/disk/by-label/${device}`],
    paths: [join('/', path)],
    log: fetcher.log,
    signal,
  })
  if (content?.data === undefined) throw unreadable(`there is no ${name}`)
  return { source: name, data: content.data }
}

function unreadable(reason: string) {
  const details = { path: 'the kernel’s command line', reason }
  return ignitionErrors.error('SLIPWAY_IGNITION_SOURCE_UNREADABLE', details)
}
