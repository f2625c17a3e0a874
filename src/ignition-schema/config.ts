import type { ValueOf } from './shape.ts'
import type { config } from './specification/config.ts'

/** Each version of the specification that is understood, by its minor version. */
export const versions = ['3.0.0', '3.1.0', '3.2.0', '3.3.0', '3.4.0', '3.5.0', '3.6.0'] as const

export type Version = (typeof versions)[number]

/** A config of one version of the specification: `ConfigOf<'3.2.0'>`. */
export type ConfigOf<V extends Version> = ValueOf<typeof config, MinorOf<V>>

type MinorOf<V extends Version> = V extends `3.${infer Minor extends number}.0` ? Minor : never

/**
 * A valid config of the newest specification, 3.6.0. A field that was null is absent. Modes are
 * numbers (420 is 0644), ids numeric.
 */
export type Config = ConfigOf<'3.6.0'>

type Storage = NonNullable<Config['storage']>
export type Disk = ItemOf<Storage['disks']>
export type Partition = ItemOf<Disk['partitions']>
export type Raid = ItemOf<Storage['raid']>
export type Luks = ItemOf<Storage['luks']>
export type Filesystem = ItemOf<Storage['filesystems']>
export type File = ItemOf<Storage['files']>
export type Directory = ItemOf<Storage['directories']>
export type Link = ItemOf<Storage['links']>
export type Owner = NonNullable<File['user']>
export type Resource = NonNullable<File['contents']>
export type Unit = ItemOf<NonNullable<Config['systemd']>['units']>
export type Dropin = ItemOf<Unit['dropins']>
export type User = ItemOf<NonNullable<Config['passwd']>['users']>
export type Group = ItemOf<NonNullable<Config['passwd']>['groups']>

type ItemOf<List> = NonNullable<List> extends readonly (infer Item)[] ? Item : never
