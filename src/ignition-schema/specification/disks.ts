import {
  flag,
  integer,
  list,
  nullableUpTo,
  object,
  omittable,
  optional,
  required,
  requiredUpTo,
  text,
} from '../shape.ts'
import { asPartition, by, itself } from './identity.ts'
import { resource } from './resource.ts'

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

export const disk = object({
  device: required(text),
  wipeTable: optional(flag),
  partitions: omittable(list(partition, asPartition)),
})

export const raid = object({
  name: required(text),
  level: requiredUpTo(2, optional(text)),
  spares: optional(integer),
  devices: requiredUpTo(2, omittable(list(text, itself('device')))),
  options: omittable(list(text)),
})

const custom = object({
  pin: requiredUpTo(2, optional(text)),
  config: requiredUpTo(2, optional(text)),
  needsNetwork: optional(flag),
})

const tang = object({
  url: omittable(text),
  thumbprint: optional(text),
  advertisement: optional(text, 4),
})

const clevis = object({
  custom: nullableUpTo(2, omittable(custom)),
  tpm2: optional(flag),
  tang: omittable(list(tang, by('url', 'server'))),
  threshold: optional(integer),
})

export const luks = object({
  name: required(text),
  label: optional(text),
  uuid: optional(text),
  device: optional(text),
  keyFile: omittable(resource),
  wipeVolume: optional(flag),
  clevis: nullableUpTo(2, omittable(clevis)),
  cex: omittable(object({ enabled: optional(flag) }), 5),
  options: omittable(list(text)),
  discard: optional(flag, 4),
  openOptions: omittable(list(text, itself('option')), 4),
})

export const filesystem = object({
  path: optional(text),
  device: required(text),
  format: optional(text),
  options: omittable(list(text)),
  mountOptions: omittable(list(text), 1),
  wipeFilesystem: optional(flag),
  label: optional(text),
  uuid: optional(text),
})
