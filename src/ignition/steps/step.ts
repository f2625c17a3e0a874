import type { Config, Owner, Path, Resource } from '../../ignition-schema/index.ts'

/** One thing to be on the host, with the place in the config that asks for it. */
export type Step =
  | AccountsStep
  | FileStep
  | DirectoryStep
  | LinkStep
  | UnmaskStep
  | DisableStep
  | LinesStep

type Placed = { readonly at: Path; readonly path: string }
type Node = Placed & {
  readonly overwrite: boolean
  readonly user: Owner
  readonly group: Owner
}

/** Makes, changes and removes users and groups, and their home directories. */
export type AccountsStep = Placed & {
  readonly kind: 'accounts'
  readonly passwd: NonNullable<Config['passwd']>
}

export type FileStep = Node & {
  readonly kind: 'file'
  /** Without contents, an existing file keeps its own. */
  readonly contents?: Resource
  readonly append: readonly Resource[]
  readonly mode?: number
}

export type DirectoryStep = Node & { readonly kind: 'directory'; readonly mode?: number }

export type LinkStep = Node & {
  readonly kind: 'link'
  readonly target: string
  readonly hard: boolean
}

/** Removes a link to /dev/null, and nothing else. */
export type UnmaskStep = Placed & { readonly kind: 'unmask' }

/** Removes the links below `path` by which a unit is enabled. */
export type DisableStep = Placed & { readonly kind: 'disable'; readonly unit: string }

/** Adds the lines that a file does not have yet. */
export type LinesStep = Placed & {
  readonly kind: 'lines'
  readonly lines: readonly string[]
  /** Of a file that is made; 0644 unless told. */
  readonly mode?: number
}
