import { engineErrors } from '../../../errors/engine.ts'
import { type ApiRequest, sendJson } from '../request.ts'
import { volumeJson } from './json.ts'

/** `GET /volumes/{name}`. */
export function inspectVolume({ context, path: [name = ''], response }: ApiRequest): void {
  const { volumes } = context.supervisor
  const volume = volumes.get(name)
  if (volume === undefined) throw engineErrors.error('SLIPWAY_ENGINE_NO_SUCH_VOLUME', { name })
  sendJson(response, volumeJson(volumes, volume))
}
