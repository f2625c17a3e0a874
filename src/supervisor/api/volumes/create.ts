import { engineErrors } from '../../../errors/engine.ts'
import { anonymousLabel, nameProblem } from '../../volumes/volume.ts'
import { Fields, invalid } from '../fields.ts'
import { type ApiRequest, readJson, sendJson } from '../request.ts'
import { volumeJson } from './json.ts'

/** `POST /volumes/create`; one that is there already is answered as it is. */
export async function createVolume({ context, request, response }: ApiRequest): Promise<void> {
  const { volumes } = context.supervisor
  const { name, labels } = await readJson(request, volumeRequest)
  const marked = name === undefined ? { ...labels, [anonymousLabel]: '' } : labels
  sendJson(response, volumeJson(volumes, await volumes.create(name, marked)), 201)
}

function volumeRequest(body: unknown): {
  name: string | undefined
  labels: Record<string, string>
} {
  const fields = new Fields(body, '')
  const name = fields.text('Name')
  const driver = fields.text('Driver') ?? 'local'
  if (driver !== 'local')
    throw engineErrors.error('SLIPWAY_ENGINE_NO_VOLUME_DRIVER', { name: name ?? '', driver })
  fields.refuse('DriverOpts', 'the local driver of this host keeps directories alone')
  fields.refuse('ClusterVolumeSpec', 'there is no swarm')
  const problem = name === undefined ? undefined : nameProblem(name)
  if (problem !== undefined) throw invalid(`create ${name}: ${problem}`)
  return { name, labels: fields.textMap('Labels') }
}
