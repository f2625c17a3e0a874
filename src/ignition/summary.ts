import { createHash } from 'node:crypto'
import { type Config, findingText, type Problem } from '../ignition-schema/index.ts'
import type { ConfigDocument } from './assembly/document.ts'
import { type Kept, type KeptKind, keptKinds, partitionName } from './kept.ts'
import type { Fetched } from './sources/witness.ts'

/** What a config has come to on a host, in names and paths; no contents, no passwords, no keys. */
export type Summary = {
  /** Without what is among `skipped`. */
  readonly made: Readonly<Record<KeptKind | 'units', readonly string[]>>
  /** Without what was not there. */
  readonly removed: Readonly<Record<RemovableKind, readonly string[]>>
  /** What was left as it was. */
  readonly skipped: Readonly<Record<KeptKind, readonly Skipped[]>>
  /** The configs that this one was made of, by the digest of their text. */
  readonly configs: readonly { readonly source: string; readonly sha256: string }[]
  /** What was had over the network in this run. */
  readonly fetched: readonly Fetched[]
  /** What has no or another effect than one might think, by its place in the config. */
  readonly warnings: readonly string[]
}

export type Skipped = { readonly name: string; readonly reason: string }

type RemovableKind = 'partitions' | 'groups' | 'users'

/** Summarizes a config that was carried out, with what it came of; `problems` are the warnings of that. */
export function summarize(
  config: Config,
  problems: readonly Problem[],
  {
    documents = [],
    fetched,
    kept,
  }: {
    readonly documents?: readonly Pick<ConfigDocument, 'source' | 'text'>[] | undefined
    readonly fetched: readonly Fetched[]
    /** By whom things were left as they were; the first that knows a reason counts. */
    readonly kept: readonly Pick<Kept, 'reasonFor'>[]
  },
): Summary {
  const all = askedFor(config)
  const reasonFor = (kind: KeptKind, name: string) =>
    kept.map((each) => each.reasonFor(kind, name)).find((reason) => reason !== undefined)
  const changed = (kind: KeptKind, isGone: boolean) =>
    all[kind]
      .filter((each) => each.isGone === isGone && reasonFor(kind, each.name) === undefined)
      .map(({ name }) => name)
  const made = ofKinds((kind) => changed(kind, false))
  return {
    made: { ...made, units: (config.systemd?.units ?? []).map(({ name }) => name) },
    removed: {
      partitions: changed('partitions', true),
      groups: changed('groups', true),
      users: changed('users', true),
    },
    skipped: ofKinds((kind) =>
      all[kind].flatMap(({ name }): Skipped[] => {
        const reason = reasonFor(kind, name)
        return reason === undefined ? [] : [{ name, reason }]
      }),
    ),
    configs: documents.map(({ source, text }) => ({
      source,
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
    fetched,
    warnings: problems.map(findingText),
  }
}

type Asked = { readonly name: string; readonly isGone: boolean }

function askedFor({ passwd = {}, storage = {} }: Config): Record<KeptKind, Asked[]> {
  const named = (all: readonly string[] = []) => all.map((name) => ({ name, isGone: false }))
  const paths = (all: readonly { path: string }[] = []) => named(all.map(({ path }) => path))
  const accounts = (all: readonly { name: string; shouldExist?: boolean }[] = []) =>
    all.map(({ name, shouldExist }) => ({ name, isGone: shouldExist === false }))
  return {
    partitions: (storage.disks ?? []).flatMap(({ device, partitions = [] }) =>
      partitions.map((each) => ({
        name: partitionName(device, each),
        isGone: each.shouldExist === false,
      })),
    ),
    arrays: named(storage.raid?.map(({ name }) => name)),
    volumes: named(storage.luks?.map(({ name }) => name)),
    filesystems: named(
      storage.filesystems?.filter(({ format }) => format).map(({ device }) => device),
    ),
    groups: accounts(passwd.groups),
    users: accounts(passwd.users),
    directories: paths(storage.directories),
    files: paths(storage.files),
    links: paths(storage.links),
  }
}

function ofKinds<Value>(valueFor: (kind: KeptKind) => Value): Record<KeptKind, Value> {
  const entries = keptKinds.map((kind) => [kind, valueFor(kind)] as const)
  // Every kind is among the entries.
  return Object.fromEntries(entries) as Record<KeptKind, Value>
}
