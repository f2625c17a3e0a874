import { list, object, omittable, optional, required, requiredUpTo, text } from '../shape.ts'
import { by } from './identity.ts'

const verification = object({ hash: optional(text) })

const httpHeaders = list(
  object({ name: required(text), value: optional(text) }),
  by('name', 'header', { removedWithout: 'value' }),
)

/** Something to fetch; headers came with 3.1. */
export const resource = object({
  source: optional(text),
  compression: optional(text),
  httpHeaders: omittable(httpHeaders, 1),
  verification: omittable(verification),
})

/** A resource whose compression came with 3.1 too, and which had to have its source before. */
export const configReference = object({
  ...resource.fields,
  source: { ...optional(text), requiredUntil: 0 } as const,
  compression: optional(text, 1),
})

export const certificateReference = object({
  ...configReference.fields,
  source: requiredUpTo(0, optional(text)),
})
