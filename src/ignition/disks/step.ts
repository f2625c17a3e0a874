import type { Path } from '../../ignition-schema/index.ts'
import type { PartitionTable } from './state.ts'

/** One change of the disks, with the place in the config that asks for it. */
export type DiskStep =
  | WipeSignaturesStep
  | WriteTableStep
  | MakeFilesystemStep
  | CreateArrayStep
  | AssembleArrayStep
  | FormatVolumeStep
  | OpenVolumeStep
  | EnrollTpmStep
  | BindTangStep
  | RemoveKeyStep

type Placed = { readonly at: Path; readonly device: string }

/** Removes the signatures by which a file system, an array or a partition table is found. */
export type WipeSignaturesStep = Placed & { readonly kind: 'wipe-signatures' }

/** Writes a partition table as a whole, then tells the kernel of these numbers. */
export type WriteTableStep = Placed & {
  readonly kind: 'write-table'
  readonly table: PartitionTable
  readonly sectorBytes: number
  readonly deleted: readonly number[]
  readonly updated: readonly number[]
  readonly added: readonly number[]
}

export type MakeFilesystemStep = Placed & {
  readonly kind: 'make-filesystem'
  readonly format: string
  readonly command: readonly [program: string, ...parameters: string[]]
}

export type CreateArrayStep = Placed & {
  readonly kind: 'create-array'
  readonly name: string
  readonly parameters: readonly string[]
}

export type AssembleArrayStep = Placed & {
  readonly kind: 'assemble-array'
  readonly uuid: string
  readonly members: readonly string[]
}

export type FormatVolumeStep = Placed & {
  readonly kind: 'format-volume'
  readonly name: string
  readonly parameters: readonly string[]
}

export type OpenVolumeStep = Placed & {
  readonly kind: 'open-volume'
  readonly name: string
  readonly parameters: readonly string[]
}

/** Lets the machine's TPM open the volume. */
export type EnrollTpmStep = Placed & { readonly kind: 'enroll-tpm'; readonly name: string }

/**
 * Lets tang servers open the volume: any of them, or as many as `threshold` says if that is more than one, the TPM
 * among them or not.
 */
export type BindTangStep = Placed & {
  readonly kind: 'bind-tang'
  readonly name: string
  readonly urls: readonly string[]
  readonly threshold: number
  readonly withTpm: boolean
  /** Whether the servers can be asked now, so that it is known that they open the volume. */
  readonly isProven: boolean
}

/** Takes a key away that was only there to make the volume. */
export type RemoveKeyStep = Placed & { readonly kind: 'remove-key'; readonly name: string }
