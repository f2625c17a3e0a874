import { type Config, type ConfigOf, type Version, versions } from './config.ts'
import { newestMinor } from './shape.ts'

/**
 * A valid config in the words of the newest specification. What is new there stays unset, but for
 * what an older config meant otherwise.
 */
export function translate<V extends Version>(config: ConfigOf<V>, from: V): Config {
  // Each version's fields are among those of the next, with the same types or wider ones.
  return upToNewest(config as Config, versions.indexOf(from))
}

/** The same for a config whose version was read from it. */
export function upToNewest(config: Config, minor: number): Config {
  let translated = config
  for (let next = minor + 1; next <= newestMinor; next++)
    translated = (steps[next] ?? asItIs)(translated)
  return {
    ...translated,
    ignition: { ...translated.ignition, version: `3.${newestMinor}.0` },
  }
}

type Step = (config: Config) => Config

const asItIs: Step = (config) => config

/** What the step to a minor version changes. */
const steps: Readonly<Record<number, Step>> = { 6: withoutSpecialBits }

/** Up to 3.5.0 the special bits of modes were ignored, and configs may rely on that. */
function withoutSpecialBits(config: Config): Config {
  if (config.storage === undefined) return config
  const ordinary = <T extends { readonly mode?: number }>(node: T): T =>
    node?.mode === undefined ? node : { ...node, mode: node.mode & ~0o7000 }
  const { files, directories } = config.storage
  return {
    ...config,
    storage: {
      ...config.storage,
      ...(files === undefined ? {} : { files: files.map(ordinary) }),
      ...(directories === undefined ? {} : { directories: directories.map(ordinary) }),
    },
  }
}
