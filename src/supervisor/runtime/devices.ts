import { readdir, stat } from 'node:fs/promises'
import { supervisorErrors } from '../../errors/supervisor.ts'
import { ifNowhere } from '../../files/absence.ts'
import type { ContainerSpec } from '../containers/spec.ts'
import { deviceNumber } from './io-resources.ts'
import type { DeviceRule } from './resources.ts'

/** A device node that the runtime makes in the container. */
export type DeviceNode = {
  readonly path: string
  readonly type: 'c' | 'b'
  readonly major: number
  readonly minor: number
  readonly fileMode: number
  readonly uid: number
  readonly gid: number
}

export type Devices = {
  readonly nodes: readonly DeviceNode[]
  readonly rules: readonly DeviceRule[]
}

/** Made by the runtime in every container, or not of the host. */
const notPassed = /^(?:pts|shm|mqueue|fd|std\w+|console|ptmx|null|zero|full|u?random|tty)$/

/**
 * The device nodes that a container gets besides the usual ones: those that it asks for, or with all
 * privileges those of the host. Throws SLIPWAY_SUPERVISOR_DEVICE_MISSING.
 */
export async function devicesOf({ devices = [], security }: ContainerSpec): Promise<Devices> {
  if (security?.privileged === true)
    return { nodes: await hostNodes('/dev'), rules: [{ allow: true, access: 'rwm' }] }
  const found = await Promise.all(
    devices.map(async ({ hostPath, containerPath, access }) => {
      const node = await nodeAt(hostPath, containerPath)
      if (node === undefined)
        throw supervisorErrors.error('SLIPWAY_SUPERVISOR_DEVICE_MISSING', { path: hostPath })
      const { type, major, minor } = node
      return { node, rule: { allow: true, type, major, minor, access } }
    }),
  )
  return { nodes: found.map(({ node }) => node), rules: found.map(({ rule }) => rule) }
}

async function hostNodes(directory: string): Promise<DeviceNode[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const nodes = await Promise.all(
    entries
      .filter(({ name }) => directory !== '/dev' || !notPassed.test(name))
      .map(async (entry) => {
        const path = `${directory}/${entry.name}`
        if (entry.isDirectory()) return await hostNodes(path)
        return entry.isSymbolicLink() ? [] : [await nodeAt(path, path)]
      }),
  )
  return nodes.flat().filter((node) => node !== undefined)
}

async function nodeAt(hostPath: string, path: string): Promise<DeviceNode | undefined> {
  const status = await stat(hostPath).catch(ifNowhere)
  if (status === undefined || !(status.isBlockDevice() || status.isCharacterDevice()))
    return undefined
  return {
    path,
    type: status.isBlockDevice() ? 'b' : 'c',
    ...deviceNumber(status.rdev),
    fileMode: status.mode & 0o777,
    uid: status.uid,
    gid: status.gid,
  }
}
