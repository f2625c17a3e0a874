import { gzipSync } from 'node:zlib'
import { stringify } from 'yaml'

export type HostConfig = {
  /** Compose files by name without `.yaml`: what `/etc/slipway/compose` shall hold. */
  readonly compose?: Readonly<Record<string, object>>
  /** Registries that are spoken to without TLS: host and port. */
  readonly insecureRegistries?: readonly string[]
  /** Other files by absolute path. */
  readonly files?: Readonly<Record<string, HostFile>>
  /** systemd units by name. */
  readonly units?: Readonly<Record<string, string>>
}

/** A file's content, and its mode (0600 unless told). */
export type HostFile = { readonly content: string | Uint8Array; readonly mode?: number }

/** An Ignition config (specification 3.4 or newer) that gives a host its containers: JSON text. */
export function ignitionConfig(config: HostConfig): string {
  const registries = Object.fromEntries(
    (config.insecureRegistries ?? []).map((name) => [name, { insecure: true }]),
  )
  const settings = config.insecureRegistries && {
    '/etc/slipway/supervisor.yaml': { content: stringify({ registries }) },
  }
  const projects = Object.entries(config.compose ?? {}).map(([name, project]) => [
    `/etc/slipway/compose/${name}.yaml`,
    { content: stringify(project) },
  ])
  const files: Record<string, HostFile> = {
    ...settings,
    ...Object.fromEntries(projects),
    ...config.files,
  }
  return JSON.stringify({
    ignition: { version: '3.4.0' },
    storage: {
      files: Object.entries(files).map(([path, { content, mode = 0o600 }]) => ({
        path,
        mode,
        contents: {
          source: `data:;base64,${gzipSync(content).toString('base64')}`,
          compression: 'gzip',
        },
      })),
    },
    systemd: {
      units: Object.entries(config.units ?? {}).map(([name, contents]) => ({
        name,
        enabled: true,
        contents,
      })),
    },
  })
}
