import { parseReference } from '../../images/reference.ts'
import { HttpError } from '../http-error.ts'
import { type ApiRequest, sendNothing } from '../request.ts'

/** `POST /images/{name}/tag`. */
export async function tagImage({ context, path, query, response }: ApiRequest): Promise<void> {
  const name = nameWith(query.get('repo') ?? '', query.get('tag') ?? '')
  await context.supervisor.localImages.tag(path[0] ?? '', name)
  sendNothing(response, 201)
}

/** A name that an image may get; Docker's words for one that it may not. */
export function nameWith(repository: string, tag: string): string {
  const name = tag === '' ? repository : `${repository}:${tag}`
  try {
    const { digest } = parseReference(name)
    if (digest === undefined) return name
  } catch {
    throw new HttpError(400, 'invalid reference format')
  }
  throw new HttpError(400, 'refusing to create a tag with a digest reference')
}
