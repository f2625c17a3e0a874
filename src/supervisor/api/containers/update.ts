import { Fields } from '../fields.ts'
import { readJson, sendJson } from '../request.ts'
import { type ContainerRequest, requireCreated } from './find.ts'
import { restartOf } from './host-config.ts'
import { limitsOf } from './limits.ts'

/** `POST /containers/{id}/update`: other limits, another restart policy. */
export async function updateContainer({
  context,
  container,
  request,
  response,
}: ContainerRequest): Promise<void> {
  requireCreated(container)
  const { limits, restart } = await readJson(request, (body) => {
    const fields = new Fields(body, '')
    const named = fields.object('RestartPolicy').text('Name') !== undefined
    return { limits: limitsOf(fields), restart: named ? restartOf(fields) : undefined }
  })
  const warnings = await context.supervisor.lifecycle.update(container.id, limits, restart)
  sendJson(response, { Warnings: warnings })
}
