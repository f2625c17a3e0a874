import { join } from 'node:path'
import type { DebianSource } from '../../src/image/definition.ts'
import { packageSources } from '../../src/packages/sources.ts'
import { debianTree, versionsIn } from '../debian-tree.ts'

/** What the engines and the shell lines that drive them need, with the registry that they pull from. */
const packages = [
  ...['aardvark-dns', 'bash', 'busybox-static', 'ca-certificates', 'conmon', 'containerd'],
  ...['coreutils', 'crun', 'docker-cli', 'docker-compose', 'docker-registry', 'docker.io'],
  ...['iproute2', 'iptables', 'libatomic1', 'libstdc++6', 'mount', 'netavark', 'nftables'],
  ...['podman', 'procps', 'runc', 'socat', 'tar', 'util-linux'],
] as const

/** Packages whose versions a reader may ask for. */
const shown = ['docker.io', 'containerd', 'runc', 'podman', 'docker-compose'] as const

export type EngineTree = {
  readonly path: string
  /** By package. */
  readonly versions: Readonly<Record<string, string>>
}

/** The Debian tree that the worlds of all engines have as their root; made if it is not there yet. */
export async function openEngineTree(
  debian: DebianSource,
  options: {
    /** Where it is kept between runs. */
    readonly directory: string
    readonly signal: AbortSignal
    say(text: string): void
  },
): Promise<EngineTree> {
  const { lines } = await packageSources(debian, options.signal)
  const directory = join(options.directory, 'engines')
  const path = await debianTree({ name: 'dockerd and podman', directory, packages, lines }, options)
  return { path, versions: await versionsIn(path, shown, options.signal) }
}
