import type { Config, ParsedConfig, Problem } from '../../ignition-schema/index.ts'
import { metadataOf } from './asked.ts'
import { hostnameFile } from './hostname.ts'

/** Warns where a config asks the platform for what it has not told; `config` has what it told. */
export function metadataWarnings(config: Config, parsed: ParsedConfig): Problem[] {
  const { passwd, storage, systemd } = config
  const nodes = [...(storage?.files ?? []), ...(storage?.links ?? [])]
  return (systemd?.units ?? []).flatMap((unit, index) => {
    const asked = metadataOf(unit)
    if (asked === undefined) return []
    const has =
      asked.kind === 'hostname'
        ? nodes.some(({ path }) => path === hostnameFile)
        : passwd?.users?.some(
            ({ name, sshAuthorizedKeys = [] }) =>
              name === asked.user && sshAuthorizedKeys.length > 0,
          )
    if (has) return []
    const what = asked.kind === 'hostname' ? 'host name' : 'SSH keys'
    const path = ['systemd', 'units', index, 'enabled']
    return [parsed.problem('warning', path, `the platform tells no ${what}`)]
  })
}
