import { engineErrors } from '../../../errors/engine.ts'
import { betweenContainers } from '../../networks/isolation.ts'
import { invalid } from '../fields.ts'

const prefix = 'com.docker.network.'
/** Options that say what is so anyway. */
const usual: Readonly<Record<string, string>> = {
  'bridge.enable_icc': 'true',
  'bridge.enable_ip_masquerade': 'true',
  'bridge.host_binding_ipv4': '0.0.0.0',
  container_iface_prefix: 'eth',
}

/**
 * Checks the options of the bridge driver: what they ask for is done or refused, never ignored. Throws
 * SLIPWAY_ENGINE_INVALID, SLIPWAY_ENGINE_UNSUPPORTED.
 */
export function bridgeOptions(options: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(options)) {
    if (!name.startsWith(prefix)) continue
    const key = name.slice(prefix.length)
    if (key === 'bridge.name') checkInterfaceName(value)
    else if (key === 'driver.mtu') checkMtu(value)
    else if (name === betweenContainers && value === 'false') continue
    else if (usual[key] !== value)
      throw engineErrors.error('SLIPWAY_ENGINE_UNSUPPORTED', {
        field: `Options.${name}`,
        reason:
          usual[key] === undefined
            ? 'the bridge driver has no such option'
            : `it can only be ${usual[key]}`,
      })
  }
  return { ...options }
}

function checkInterfaceName(name: string): void {
  // The kernel's IFNAMSIZ, and the names that it refuses or makes meaning of.
  if (!/^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,14}$/.test(name))
    throw invalid(`invalid name of a bridge: ${JSON.stringify(name)}`)
}

function checkMtu(text: string): void {
  if (!/^\d{2,5}$/.test(text) || Number(text) < 68 || Number(text) > 65535)
    throw invalid(`invalid MTU: ${JSON.stringify(text)}`)
}
