import { access } from 'node:fs/promises'
import { engineErrors } from '../../../errors/engine.ts'
import { isSlipwayError } from '../../../errors/error.ts'
import type { ContainerMount, ContainerSpec, Namespaces } from '../../containers/spec.ts'
import type { Network } from '../../networks/network.ts'
import { sharedWith } from '../../runtime/namespaces.ts'
import type { ApiContext } from '../context.ts'
import { Fields, invalid } from '../fields.ts'
import { HttpError } from '../http-error.ts'
import { endpointRequest } from '../networks/endpoints.ts'
import { type ApiRequest, readJson, sendJson, understood } from '../request.ts'
import { createSpec } from './create-spec.ts'
import { findContainer } from './find.ts'

/** `POST /containers/create`. */
export async function createContainer({
  context,
  query,
  request,
  response,
}: ApiRequest): Promise<void> {
  const { supervisor } = context
  const body = await readJson(request, (value) => value)
  const name = checkedName(query.get('name') ?? '')
  const wanted = understood(() => new Fields(body, '').text('Image'))
  if (wanted === undefined) throw invalid('invalid reference format')
  await supervisor.localImages.usingInContainer(wanted, async (image) => {
    const { spec, endpoints, warnings } = understood(() =>
      createSpec(body, image.config.config, (other) => mountsOfOther(context, other)),
    )
    await requireSources(spec)
    const container = await supervisor.creation.create({
      name,
      origin: { kind: 'api' },
      spec: withHolders(context, spec),
      image,
      imageReference: image.reference,
      endpoints: [...endpoints].map(([network, fields]) =>
        endpointRequest(requireNetwork(context, network), fields),
      ),
    })
    supervisor.lifecycle.publish(container, 'create')
    const unlimited = await supervisor.runtime.limitWarnings(spec.limits)
    sendJson(response, { Id: container.id, Warnings: [...warnings, ...unlimited] }, 201)
  })
}

/** Not 404: the command line would pull the image. */
function mountsOfOther(context: ApiContext, name: string): readonly ContainerMount[] {
  try {
    return findContainer(context, name).spec.mounts
  } catch (error) {
    if (isSlipwayError(error, 'SLIPWAY_ENGINE_NO_SUCH_CONTAINER')) throw invalid(error.message)
    throw error
  }
}

/** What `--mount` names must be there already; what `-v` names is made. */
async function requireSources({ mounts }: ContainerSpec): Promise<void> {
  for (const { type, source, create } of mounts)
    if (type === 'bind' && create !== true && !(await exists(source)))
      throw invalid(
        `invalid mount config for type "bind": bind source path does not exist: ${source}`,
      )
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/** The name without the slash that clients may put before it; undefined for none. */
export function checkedName(text: string): string | undefined {
  const name = text.replace(/^\//, '')
  if (name === '') return undefined
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return name
  throw engineErrors.error('SLIPWAY_ENGINE_NAME_INVALID', { name })
}

/** Other containers by their ids, since names may change. */
function withHolders(context: ApiContext, spec: ContainerSpec): ContainerSpec {
  const { namespaces } = spec
  if (namespaces === undefined) return spec
  const resolved = <Mode extends string | undefined>(mode: Mode) => {
    const holder = sharedWith(mode)
    return holder === undefined ? mode : (`container:${holderId(context, holder)}` as const)
  }
  const changed: Namespaces = {
    ...namespaces,
    network: resolved(namespaces.network),
    ...(namespaces.pid === undefined ? {} : { pid: resolved(namespaces.pid) }),
    ...(namespaces.ipc === undefined ? {} : { ipc: resolved(namespaces.ipc) }),
  }
  return { ...spec, namespaces: changed }
}

/** Not 404: the command line would pull the image. */
function requireNetwork({ supervisor }: ApiContext, name: string): Network {
  const network = supervisor.networks.find(name)
  if (network === undefined) throw new HttpError(400, `network ${name} not found`)
  return network
}

/** Not 404 either. */
function holderId(context: ApiContext, name: string): string {
  try {
    return findContainer(context, name).id
  } catch (error) {
    throw new HttpError(400, error instanceof Error ? error.message : String(error))
  }
}
