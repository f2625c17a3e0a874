import { flag, integer, list, object, omittable, optional, required, text } from './shape.ts'

/** The newest stable specification that is understood; every 3.x.0 up to it is a subset. */
export const newestMinor = 6

const verification = object({ hash: optional(text) })

const httpHeaders = list(object({ name: required(text), value: optional(text) }))

/** Something to fetch; compression and headers of configs and CAs came with 3.1. */
const resource = object({
  source: optional(text),
  compression: optional(text),
  httpHeaders: omittable(httpHeaders, 1),
  verification: omittable(verification),
})

const reference = object({ ...resource.fields, compression: optional(text, 1) })

const ignition = object({
  version: required(text),
  config: omittable(object({ merge: omittable(list(reference)), replace: omittable(reference) })),
  timeouts: omittable(
    object({ httpResponseHeaders: optional(integer), httpTotal: optional(integer) }),
  ),
  security: omittable(
    object({ tls: omittable(object({ certificateAuthorities: omittable(list(reference)) })) }),
  ),
  proxy: omittable(
    object({
      httpProxy: optional(text),
      httpsProxy: optional(text),
      noProxy: omittable(list(text)),
    }),
    1,
  ),
})

const partition = object({
  label: optional(text),
  number: omittable(integer),
  sizeMiB: optional(integer),
  startMiB: optional(integer),
  typeGuid: optional(text),
  guid: optional(text),
  wipePartitionEntry: optional(flag),
  shouldExist: optional(flag),
  resize: optional(flag, 2),
})

const disk = object({
  device: required(text),
  wipeTable: optional(flag),
  partitions: omittable(list(partition)),
})

const raid = object({
  name: required(text),
  level: optional(text),
  spares: optional(integer),
  devices: omittable(list(text)),
  options: omittable(list(text)),
})

const clevis = object({
  custom: omittable(
    object({ pin: optional(text), config: optional(text), needsNetwork: optional(flag) }),
  ),
  tpm2: optional(flag),
  tang: omittable(
    list(
      object({
        url: omittable(text),
        thumbprint: optional(text),
        advertisement: optional(text, 4),
      }),
    ),
  ),
  threshold: optional(integer),
})

const luks = object({
  name: required(text),
  label: optional(text),
  uuid: optional(text),
  device: optional(text),
  keyFile: omittable(resource),
  wipeVolume: optional(flag),
  clevis: omittable(clevis),
  cex: omittable(object({ enabled: optional(flag) }), 5),
  options: omittable(list(text)),
  discard: optional(flag, 4),
  openOptions: omittable(list(text), 4),
})

const filesystem = object({
  path: optional(text),
  device: required(text),
  format: optional(text),
  options: omittable(list(text)),
  mountOptions: omittable(list(text), 1),
  wipeFilesystem: optional(flag),
  label: optional(text),
  uuid: optional(text),
})

const owner = object({ id: optional(integer), name: optional(text) })

const node = {
  path: required(text),
  overwrite: optional(flag),
  user: omittable(owner),
  group: omittable(owner),
}

export const file = object({
  ...node,
  mode: optional(integer),
  contents: omittable(resource),
  append: omittable(list(resource)),
})

export const directory = object({ ...node, mode: optional(integer) })

export const link = object({ ...node, target: optional(text), hard: optional(flag) })

const storage = object({
  disks: omittable(list(disk)),
  raid: omittable(list(raid)),
  luks: omittable(list(luks), 2),
  filesystems: omittable(list(filesystem)),
  files: omittable(list(file)),
  directories: omittable(list(directory)),
  links: omittable(list(link)),
})

export const unit = object({
  name: required(text),
  enabled: optional(flag),
  mask: optional(flag),
  contents: optional(text),
  dropins: omittable(list(object({ name: required(text), contents: optional(text) }))),
})

const user = object({
  name: required(text),
  passwordHash: optional(text),
  sshAuthorizedKeys: omittable(list(text)),
  uid: optional(integer),
  gecos: optional(text),
  homeDir: optional(text),
  noCreateHome: optional(flag),
  primaryGroup: optional(text),
  groups: omittable(list(text)),
  noUserGroup: optional(flag),
  system: optional(flag),
  noLogInit: optional(flag),
  shell: optional(text),
  shouldExist: optional(flag, 2),
})

const group = object({
  name: required(text),
  gid: optional(integer),
  passwordHash: optional(text),
  system: optional(flag),
  shouldExist: optional(flag, 2),
})

/** A whole config of specification 3.6.0, each field with the version that brought it. */
export const config = object({
  ignition: required(ignition),
  storage: omittable(storage),
  systemd: omittable(object({ units: omittable(list(unit)) })),
  passwd: omittable(object({ users: omittable(list(user)), groups: omittable(list(group)) })),
  kernelArguments: omittable(
    object({ shouldExist: omittable(list(text)), shouldNotExist: omittable(list(text)) }),
    3,
  ),
})

export { resource }
