import { engineErrors } from '../../errors/engine.ts'
import type { Container } from '../containers/container.ts'
import type { ContainerSpec } from '../containers/spec.ts'
import { namespaceHolders } from '../runtime/namespaces.ts'
import type { IdMapping } from './id-mapping.ts'

/**
 * The user namespace of a container that is being made; undefined for the host's. Whoever shares a namespace of
 * another shares its user namespace too, which owns it. Throws SLIPWAY_ENGINE_USER_NAMESPACE, as Docker.
 *
 * @param usual what the settings say
 * @param find other containers by their ids
 */
export function userNamespaceFor(
  spec: ContainerSpec,
  usual: IdMapping | undefined,
  find: (id: string) => Pick<Container, 'userNamespace'> | undefined,
): IdMapping | undefined {
  const { namespaces, security } = spec
  if (namespaces?.user === 'host') return undefined
  const holders = namespaceHolders(spec)
  const [first] = holders
  const mapping = first === undefined ? usual : find(first)?.userNamespace
  if (mapping === undefined) return undefined
  if (security?.privileged === true)
    throw refused(
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    )
  if (namespaces?.network === 'host')
    throw refused("cannot share the host's network namespace when user namespaces are enabled")
  if (namespaces?.pid === 'host')
    throw refused('cannot share the host PID namespace when user namespaces are enabled')
  return mapping
}

function refused(problem: string): Error {
  return engineErrors.error('SLIPWAY_ENGINE_USER_NAMESPACE', { problem })
}
