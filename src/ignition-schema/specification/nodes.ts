import {
  flag,
  integer,
  list,
  object,
  omittable,
  optional,
  required,
  requiredUpTo,
  text,
} from '../shape.ts'
import { resource } from './resource.ts'

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

export const link = object({
  ...node,
  target: requiredUpTo(2, optional(text)),
  hard: optional(flag),
})
