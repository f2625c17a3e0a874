import { type Config, type Path, type Resource, scheme } from '../../ignition-schema/index.ts'

/** Whether a stage that carries the config out will need the network. */
export function needsNetwork(config: Config): boolean {
  return remoteParts(config).length > 0
}

/** What of the config needs the network. */
export function remoteParts({ ignition, storage }: Config): Path[] {
  const certificates = ['ignition', 'security', 'tls', 'certificateAuthorities']
  const files = storage?.files ?? []
  const luks = storage?.luks ?? []
  const resources: [Path, Resource | undefined][] = [
    [['ignition', 'config', 'replace'], ignition?.config?.replace],
    ...each(['ignition', 'config', 'merge'], ignition?.config?.merge),
    ...each(certificates, ignition?.security?.tls?.certificateAuthorities),
    ...files.flatMap(({ contents, append }, index): [Path, Resource | undefined][] => [
      [['storage', 'files', index, 'contents'], contents],
      ...each(['storage', 'files', index, 'append'], append),
    ]),
    ...luks.map(({ keyFile }, index): [Path, Resource | undefined] => [
      ['storage', 'luks', index, 'keyFile'],
      keyFile,
    ]),
  ]
  const servers = luks.flatMap(({ clevis }, index): Path[] => {
    const place = ['storage', 'luks', index, 'clevis']
    const asks =
      clevis?.custom?.needsNetwork === true ||
      // The advertisement is all that is asked of a tang server when a volume is made.
      clevis?.tang?.some(({ advertisement }) => !advertisement)
    return asks ? [place] : []
  })
  const remote = resources.filter(([, resource]) => resource !== undefined && isRemote(resource))
  return [...remote.map(([path]) => [...path, 'source']), ...servers]
}

function each(path: Path, resources: readonly Resource[] = []): [Path, Resource][] {
  return resources.map((resource, index) => [[...path, index], resource])
}

export function isRemote({ source = '' }: Resource): boolean {
  return source !== '' && scheme(source) !== 'data'
}
