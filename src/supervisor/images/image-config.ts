import { some } from '../../json/some.ts'
import {
  count,
  JsonShapeError,
  keySet,
  list,
  object,
  optional,
  parseJson,
  text,
  textMap,
  texts,
} from '../../json/value.ts'
import { isDigest } from './digest.ts'
import type { ContainerDefaults, HealthcheckDefaults, ImageConfig } from './types.ts'

/**
 * Reads an image configuration (image-spec 1.1, config.md, with Docker's extensions).
 *
 * @throws JsonShapeError
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const config = object(parseJson(bytes), 'the configuration')
  const rootfs = object(config.rootfs, 'rootfs')
  if (rootfs.type !== 'layers') throw new JsonShapeError('rootfs.type is not "layers"')
  return {
    architecture: text(config.architecture, 'architecture'),
    os: text(config.os, 'os'),
    ...some('variant', optional(config.variant, 'variant', text)),
    ...some('created', optional(config.created, 'created', text)),
    config: optional(config.config, 'config', parseDefaults) ?? {},
    rootfs: { type: 'layers', diff_ids: list(rootfs.diff_ids, 'rootfs.diff_ids').map(parseDiffId) },
  }
}

/** Only SHA-256 names a layer's directory; image-spec 1.1 asks nothing else of diff IDs. */
function parseDiffId(value: unknown, index: number): string {
  const where = `rootfs.diff_ids[${index}]`
  const diffId = text(value, where)
  if (isDigest(diffId) && diffId.startsWith('sha256:')) return diffId
  throw new JsonShapeError(`${where} is not a SHA-256 digest`)
}

function parseDefaults(value: unknown, where: string): ContainerDefaults {
  const fields = object(value, where)
  const read = <Value>(key: string, reader: (value: unknown, where: string) => Value) =>
    optional(fields[key], `${where}.${key}`, reader)
  return {
    ...some('Env', read('Env', texts)),
    ...some('Entrypoint', read('Entrypoint', texts)),
    ...some('Cmd', read('Cmd', texts)),
    ...some('WorkingDir', read('WorkingDir', text)),
    ...some('User', read('User', text)),
    ...some('ExposedPorts', read('ExposedPorts', keySet)),
    ...some('Volumes', read('Volumes', keySet)),
    ...some('Labels', read('Labels', textMap)),
    ...some('StopSignal', read('StopSignal', text)),
    ...some('Healthcheck', read('Healthcheck', parseHealthcheck)),
    ...some('Shell', read('Shell', texts)),
  }
}

function parseHealthcheck(value: unknown, where: string): HealthcheckDefaults {
  const fields = object(value, where)
  const number = (key: string) => optional(fields[key], `${where}.${key}`, count)
  return {
    ...some('Test', optional(fields.Test, `${where}.Test`, texts)),
    ...some('Interval', number('Interval')),
    ...some('Timeout', number('Timeout')),
    ...some('StartPeriod', number('StartPeriod')),
    ...some('Retries', number('Retries')),
  }
}
