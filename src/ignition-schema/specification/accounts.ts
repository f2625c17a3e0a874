import { flag, integer, list, object, omittable, optional, required, text } from '../shape.ts'
import { itself } from './identity.ts'

export const user = object({
  name: required(text),
  passwordHash: optional(text),
  sshAuthorizedKeys: omittable(list(text, itself('key'))),
  uid: optional(integer),
  gecos: optional(text),
  homeDir: optional(text),
  noCreateHome: optional(flag),
  primaryGroup: optional(text),
  groups: omittable(list(text, itself('group'))),
  noUserGroup: optional(flag),
  system: optional(flag),
  noLogInit: optional(flag),
  shell: optional(text),
  shouldExist: optional(flag, 2),
})

export const group = object({
  name: required(text),
  gid: optional(integer),
  passwordHash: optional(text),
  system: optional(flag),
  shouldExist: optional(flag, 2),
})
