import type { Config, Unit } from '../../ignition-schema/index.ts'

/** What a config asks of the platform: the host's name, and whose SSH keys. */
export type AskedMetadata = {
  readonly hostname: boolean
  /** Names of users. */
  readonly sshKeys: readonly string[]
}

/**
 * A config asks by enabling the units by which Afterburn does it where the reference implementation runs; a
 * unit that the config writes itself is its own business.
 */
export function askedMetadata({ systemd }: Config): AskedMetadata {
  const asked = (systemd?.units ?? []).flatMap((unit) => metadataOf(unit) ?? [])
  return {
    hostname: asked.some(({ kind }) => kind === 'hostname'),
    sshKeys: [...new Set(asked.flatMap((each) => (each.kind === 'ssh keys' ? [each.user] : [])))],
  }
}

type Metadata = { readonly kind: 'hostname' } | { readonly kind: 'ssh keys'; readonly user: string }

/** What a unit asks for; undefined for one that asks for nothing. */
export function metadataOf({ name, enabled, mask, contents }: Unit): Metadata | undefined {
  if (enabled !== true || mask === true || contents) return undefined
  if (name === 'afterburn-hostname.service') return { kind: 'hostname' }
  const [, user] = /^(?:afterburn|coreos-metadata)-sshkeys@(.+)\.service$/.exec(name) ?? []
  return user === undefined ? undefined : { kind: 'ssh keys', user }
}
