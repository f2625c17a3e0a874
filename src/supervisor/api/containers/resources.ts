import type { Device, Ulimit } from '../../containers/spec.ts'
import { ulimitNames } from '../../containers/ulimit-names.ts'
import { type Fields, invalid } from '../fields.ts'

/** The resource limits of a HostConfig. Throws SLIPWAY_ENGINE_INVALID. */
export function ulimitsOf(host: Fields): Ulimit[] {
  return host.objects('Ulimits').map((fields) => {
    const name = fields.text('Name') ?? ''
    if (!ulimitNames.includes(name)) throw invalid(`invalid ulimit type: ${name}`)
    return { name, soft: fields.number('Soft') ?? 0, hard: fields.number('Hard') ?? 0 }
  })
}

/** The devices of a HostConfig. Throws SLIPWAY_ENGINE_INVALID. */
export function devicesOf(host: Fields): Device[] {
  return host.objects('Devices').map((fields) => {
    const hostPath = fields.text('PathOnHost') ?? ''
    const access = fields.text('CgroupPermissions') ?? 'rwm'
    if (!hostPath.startsWith('/')) throw invalid(`invalid device path: ${hostPath}`)
    if (!/^[rwm]{1,3}$/.test(access)) throw invalid(`invalid device cgroup permissions: ${access}`)
    return { hostPath, containerPath: fields.text('PathInContainer') ?? hostPath, access }
  })
}
