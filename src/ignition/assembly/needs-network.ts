import { type Config, type Resource, scheme } from '../../ignition-schema/index.ts'

/** Whether a stage that carries the config out will need the network. */
export function needsNetwork({ ignition, storage }: Config): boolean {
  const resources: readonly (Resource | undefined)[] = [
    ignition?.config?.replace,
    ...(ignition?.config?.merge ?? []),
    ...(ignition?.security?.tls?.certificateAuthorities ?? []),
    ...(storage?.files ?? []).flatMap(({ contents, append = [] }) => [contents, ...append]),
    ...(storage?.luks ?? []).map(({ keyFile }) => keyFile),
  ]
  return (
    resources.some((resource) => resource !== undefined && isRemote(resource)) ||
    (storage?.luks ?? []).some(
      ({ clevis }) =>
        clevis?.custom?.needsNetwork === true ||
        // The advertisement is all that is asked of a tang server when a volume is made.
        clevis?.tang?.some(({ advertisement }) => !advertisement),
    )
  )
}

export function isRemote({ source = '' }: Resource): boolean {
  return source !== '' && scheme(source) !== 'data'
}
