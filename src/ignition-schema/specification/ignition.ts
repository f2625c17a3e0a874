import { integer, list, object, omittable, optional, required, text } from '../shape.ts'
import { by, itself } from './identity.ts'
import { certificateReference, configReference } from './resource.ts'

const proxy = object({
  httpProxy: optional(text),
  httpsProxy: optional(text),
  noProxy: omittable({ ...list(text, itself('entry')), nullItemsUntil: 3 } as const),
})

/** The config about the config: version, further configs, how to fetch. */
export const ignition = object({
  version: required(text),
  config: omittable(
    object({
      merge: omittable(list(configReference, by('source', 'source'))),
      replace: omittable(configReference),
    }),
  ),
  timeouts: omittable(
    object({ httpResponseHeaders: optional(integer), httpTotal: optional(integer) }),
  ),
  security: omittable(
    object({
      tls: omittable(
        object({
          certificateAuthorities: omittable(list(certificateReference, by('source', 'source'))),
        }),
      ),
    }),
  ),
  proxy: omittable(proxy, 1),
})
