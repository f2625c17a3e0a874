/** The words of the image store: what its callers hold after a pull. */

/**
 * A parsed image reference. `registry` is the name that people write (`docker.io`,
 * `127.0.0.1:5000`), not the address that is dialled. At least one of `tag` and `digest` is set; when
 * both are, the digest decides and the tag is only a note.
 */
export type Reference = {
  readonly registry: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: string
}

/** What a container gets from its image unless it says otherwise (OCI image configuration, `config`). */
export type ContainerDefaults = {
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly WorkingDir?: string
  readonly User?: string
  /** Keys such as `80/tcp`; a port without protocol means TCP. */
  readonly ExposedPorts?: Readonly<Record<string, object>>
  /** Keys are absolute paths in the container. */
  readonly Volumes?: Readonly<Record<string, object>>
  readonly Labels?: Readonly<Record<string, string>>
  /** A signal by name or number, for example `SIGTERM` or `15`. */
  readonly StopSignal?: string
  /** Docker's extension: durations in nanoseconds. */
  readonly Healthcheck?: HealthcheckDefaults
  /** Docker's extension: the words that run a command given as one string. */
  readonly Shell?: readonly string[]
}

export type HealthcheckDefaults = {
  readonly Test?: readonly string[]
  /** Nanoseconds, as Docker writes it. */
  readonly Interval?: number
  /** Nanoseconds. */
  readonly Timeout?: number
  /** Nanoseconds. */
  readonly StartPeriod?: number
  readonly Retries?: number
}

/** The OCI image configuration (image-spec 1.1, config.md), checked; what we do not use is left out. */
export type ImageConfig = {
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly created?: string
  readonly config: ContainerDefaults
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] }
}

/** One unpacked layer. Read-only for all: several images and containers share the directory. */
export type Layer = {
  /** `sha256:<hex>` of the uncompressed tar. */
  readonly diffId: string
  /** Absolute; a lower directory for overlayfs, with its whiteouts and opaque marks. */
  readonly directory: string
}

export type Image = {
  /** Canonical: `docker.io/library/busybox:latest`; the configuration's digest if nothing names it. */
  readonly reference: string
  /** Digest of the manifest for this machine's platform (not of the index above it). */
  readonly manifestDigest: string
  readonly configDigest: string
  readonly config: ImageConfig
  /**
   * Bottom first. A layer that the image has twice is listed once, at its upper place, which gives
   * the same file system: overlayfs refuses a lower directory that occurs twice.
   */
  readonly layers: readonly Layer[]
}

/** What a client of the API shows to a registry. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly registryToken: string }

/** How one registry is spoken to. */
export type RegistryAccess = {
  /** Plain HTTP instead of HTTPS. */
  readonly insecure?: boolean
  readonly username?: string
  readonly password?: string
  /** A bearer token to show as it is. */
  readonly registryToken?: string
  /** PEM text of the certificate authorities to trust for this registry instead of the usual ones. */
  readonly certificateAuthority?: string
  /** Asked first when something is pulled, in this order. */
  readonly mirrors?: readonly MirrorAccess[]
}

/** A mirror of a registry, or a cache that pulls through. Nothing that is the registry's is shown to it. */
export type MirrorAccess = {
  /** https://HOST[:PORT][/PATH], or http:// for plain HTTP. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** PEM text. */
  readonly certificateAuthority?: string
}

/** By the registry's name as it stands in references, with its port if it has one. */
export type RegistrySettings = { readonly [registryHostPort: string]: RegistryAccess }

/** What a push tells while it runs. */
export type PushProgress =
  | { readonly phase: 'preparing'; readonly diffId: string }
  /** The registry has its blob. */
  | { readonly phase: 'there'; readonly diffId: string }
  /** The registry took its blob over from another repository. */
  | { readonly phase: 'mounted'; readonly diffId: string; readonly from: string }
  | {
      readonly phase: 'pushing'
      readonly diffId: string
      /** Of its archive, uncompressed. */
      readonly sentBytes: number
      readonly totalBytes: number
    }
  | { readonly phase: 'pushed'; readonly diffId: string }
  | { readonly phase: 'retrying'; readonly reason: string; readonly delayMs: number }

/** What a pull tells while it runs. */
export type PullProgress =
  | {
      readonly phase: 'resolved'
      readonly reference: string
      /** Of what the reference itself names: the index if there is one. */
      readonly digest: string
      readonly manifestDigest: string
      readonly configDigest: string
      readonly layers: readonly {
        readonly digest: string
        readonly diffId: string
        readonly sizeBytes: number
        /** True when the layer is in the store already and is not downloaded. */
        readonly present: boolean
      }[]
    }
  | {
      readonly phase: 'downloading'
      readonly digest: string
      readonly receivedBytes: number
      readonly sizeBytes: number
    }
  /** All of it came, and had its digest; the rest of it is unpacked. */
  | { readonly phase: 'downloaded'; readonly digest: string; readonly sizeBytes: number }
  | { readonly phase: 'layer-stored'; readonly digest: string; readonly diffId: string }
  /** A mirror is not asked any more for this pull. */
  | { readonly phase: 'mirror-failed'; readonly mirror: string; readonly reason: string }
  /** Whether the reference meant nothing, or another image, before. */
  | { readonly phase: 'named'; readonly changed: boolean }
  | {
      readonly phase: 'retrying'
      readonly url: string
      readonly reason: string
      readonly delayMs: number
    }
