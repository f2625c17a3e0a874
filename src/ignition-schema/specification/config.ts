import { flag, list, object, omittable, optional, required, text } from '../shape.ts'
import { group, user } from './accounts.ts'
import { disk, filesystem, luks, raid } from './disks.ts'
import { by, itself } from './identity.ts'
import { ignition } from './ignition.ts'
import { directory, file, link } from './nodes.ts'

const nodeByPath = by('path', 'path', { sharedAs: 'node' })

const storage = object({
  disks: omittable(list(disk, by('device', 'disk'))),
  raid: omittable(list(raid, by('name', 'array'))),
  luks: omittable(list(luks, by('name', 'volume')), 2),
  filesystems: omittable(list(filesystem, by('device', 'filesystem’s device'))),
  files: omittable(list(file, nodeByPath)),
  directories: omittable(list(directory, nodeByPath)),
  links: omittable(list(link, nodeByPath)),
})

const dropin = object({ name: required(text), contents: optional(text) })

export const unit = object({
  name: required(text),
  enabled: optional(flag),
  mask: optional(flag),
  contents: optional(text),
  dropins: omittable(list(dropin, by('name', 'drop-in'))),
})

const kernelArgument = list(text, itself('kernel argument', { sharedAs: 'argument' }))

/**
 * A whole config: what the specifications 3.0.0 to 3.6.0 have, each field with the versions that
 * have it, that insist on it, and that let it be null.
 */
export const config = object({
  ignition: required(ignition),
  storage: omittable(storage),
  systemd: omittable(object({ units: omittable(list(unit, by('name', 'unit'))) })),
  passwd: omittable(
    object({
      users: omittable(list(user, by('name', 'user'))),
      groups: omittable(list(group, by('name', 'group'))),
    }),
  ),
  kernelArguments: omittable(
    object({
      shouldExist: omittable(kernelArgument),
      shouldNotExist: omittable(kernelArgument),
    }),
    3,
  ),
})
