import {
  Metadata,
  MetadataKind,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from '@tufjs/models'
import { releaseErrors } from '../errors/release.ts'

/** The edition of the TUF specification that metadata follows. */
export const specVersion = '1.0.31'

/** TUF's four roles of the top level. */
export const roleNames = ['root', 'targets', 'snapshot', 'timestamp'] as const
export type RoleName = (typeof roleNames)[number]

export type AnyMetadata = Metadata<Root | Targets | Snapshot | Timestamp>

/** Whether `root` accepts what signed this metadata. */
export function isSignedFor(root: Metadata<Root>, role: RoleName, metadata: AnyMetadata): boolean {
  try {
    root.verifyDelegate(role, metadata)
    return true
  } catch (error) {
    if (error instanceof Error && /was signed by/.test(error.message)) return false
    throw error
  }
}

/** The key identifiers of a role and how many of them must sign. */
export function roleOf(
  root: Metadata<Root>,
  role: RoleName,
): { readonly keyIds: readonly string[]; readonly threshold: number } {
  const { keyIDs, threshold } = root.signed.roles[role] ?? { keyIDs: [], threshold: 1 }
  return { keyIds: keyIDs, threshold }
}

/** As it is written to a file. Signatures are over the canonical form, so that this one is for readers. */
export function metadataText(metadata: AnyMetadata): string {
  return `${JSON.stringify(metadata.toJSON(), undefined, 1)}\n`
}

/** Reads metadata of the own repository. Throws SLIPWAY_RELEASE_REPOSITORY_DAMAGED naming `file`. */
export function parseMetadata(kind: 'root', text: string, file: string): Metadata<Root>
export function parseMetadata(kind: 'targets', text: string, file: string): Metadata<Targets>
export function parseMetadata(kind: 'snapshot', text: string, file: string): Metadata<Snapshot>
export function parseMetadata(kind: 'timestamp', text: string, file: string): Metadata<Timestamp>
export function parseMetadata(kind: RoleName, text: string, file: string): AnyMetadata {
  try {
    const json = JSON.parse(text)
    switch (kind) {
      case 'root':
        return Metadata.fromJSON(MetadataKind.Root, json)
      case 'targets':
        return Metadata.fromJSON(MetadataKind.Targets, json)
      case 'snapshot':
        return Metadata.fromJSON(MetadataKind.Snapshot, json)
      case 'timestamp':
        return Metadata.fromJSON(MetadataKind.Timestamp, json)
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw releaseErrors.error('SLIPWAY_RELEASE_REPOSITORY_DAMAGED', { file, reason }, error)
  }
}

/** True for one of the four roles. */
export function isRoleName(text: string): text is RoleName {
  return roleNames.some((role) => role === text)
}
