import { Fields } from '../fields.ts'
import { type ApiRequest, readJson, sendJson } from '../request.ts'
import { findContainer, requireCreated } from './find.ts'
import { restartOf } from './host-config.ts'
import { limitsOf } from './limits.ts'

/** `POST /containers/{id}/update`: other limits, another restart policy. */
export async function updateContainer({
  context,
  path,
  request,
  response,
}: ApiRequest): Promise<void> {
  const container = findContainer(context, path[0] ?? '')
  requireCreated(container)
  const { limits, restart } = await readJson(request, (body) => {
    const fields = new Fields(body, '')
    const named = fields.object('RestartPolicy').text('Name') !== undefined
    return { limits: limitsOf(fields), restart: named ? restartOf(fields) : undefined }
  })
  const warnings = await context.supervisor.lifecycle.update(container.id, limits, restart)
  sendJson(response, { Warnings: warnings })
}
