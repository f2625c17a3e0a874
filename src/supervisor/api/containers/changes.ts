import { changesOf } from '../../container-files/changes.ts'
import { containerPaths } from '../../directories.ts'
import { sendJson } from '../request.ts'
import type { ContainerRequest } from './find.ts'

/** `GET /containers/{id}/changes`: null when there are none, as Docker says it. */
export async function answerChanges({
  context,
  container,
  response,
}: ContainerRequest): Promise<void> {
  const { id, image } = container
  const { upper } = containerPaths(context.directories, id)
  const changes = await changesOf(upper, image.layers)
  const answer = changes.map(({ path, kind }) => ({
    Path: Buffer.from(path, 'latin1').toString('utf8'),
    Kind: kind,
  }))
  sendJson(response, answer.length === 0 ? null : answer)
}
