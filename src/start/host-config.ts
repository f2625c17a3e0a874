import { stringify } from 'yaml'

export type HostConfig = {
  /** Compose files by name without `.yaml`: what `/etc/slipway/compose` shall hold. */
  readonly compose?: Readonly<Record<string, object>>
  /** Registries that are spoken to without TLS: host and port. */
  readonly insecureRegistries?: readonly string[]
  /** Other files by absolute path. */
  readonly files?: Readonly<Record<string, string>>
  /** systemd units by name. */
  readonly units?: Readonly<Record<string, string>>
}

/** An Ignition config (specification 3.4 or newer) that gives a host its containers: JSON text. */
export function ignitionConfig(config: HostConfig): string {
  const registries = Object.fromEntries(
    (config.insecureRegistries ?? []).map((name) => [name, { insecure: true }]),
  )
  const files = {
    ...(config.insecureRegistries && { '/etc/slipway/supervisor.yaml': stringify({ registries }) }),
    ...Object.fromEntries(
      Object.entries(config.compose ?? {}).map(([name, project]) => [
        `/etc/slipway/compose/${name}.yaml`,
        stringify(project),
      ]),
    ),
    ...config.files,
  }
  return JSON.stringify({
    ignition: { version: '3.4.0' },
    storage: {
      files: Object.entries(files).map(([path, text]) => ({
        path,
        mode: 0o600,
        contents: { source: `data:;base64,${Buffer.from(text).toString('base64')}` },
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
