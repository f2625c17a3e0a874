import type { ValueOf } from './shape.ts'
import type { config, directory, file, link, resource, unit } from './specification.ts'

/**
 * A valid config, in the words of specification 3.6.0 whatever version it was written for.
 * A field that was null is absent. Modes are numbers (420 is 0644), ids numeric.
 */
export type Config = ValueOf<typeof config>
export type File = ValueOf<typeof file>
export type Directory = ValueOf<typeof directory>
export type Link = ValueOf<typeof link>
export type Unit = ValueOf<typeof unit>
export type Resource = ValueOf<typeof resource>
export type Owner = NonNullable<File['user']>
