import { invalid } from '../fields.ts'
import type { ApiRequest, Route } from '../request.ts'
import { loadImages, saveImages } from './archive.ts'
import { commitContainer } from './commit.ts'
import { answerDiskUsage } from './disk-usage.ts'
import { importImage } from './import.ts'
import { answerHistory, inspectImage } from './inspect.ts'
import { listImages } from './list.ts'
import { pullImage } from './pull.ts'
import { pushImages } from './push.ts'
import { answerDistribution, checkCredentials } from './registries.ts'
import { pruneImages, removeImage } from './remove.ts'
import { tagImage } from './tag.ts'

export const imageRoutes: readonly Route[] = [
  { methods: ['GET'], path: '/images/json', role: 'read-only', answer: listImages },
  { methods: ['POST'], path: '/images/create', answer: createImage },
  { methods: ['POST'], path: '/images/load', answer: loadImages },
  { methods: ['GET'], path: '/images/get', answer: saveImages },
  { methods: ['POST'], path: '/images/prune', answer: pruneImages },
  { methods: ['GET'], path: '/images/{name…}/json', role: 'read-only', answer: inspectImage },
  { methods: ['GET'], path: '/images/{name…}/history', role: 'read-only', answer: answerHistory },
  { methods: ['GET'], path: '/images/{name…}/get', answer: saveImages },
  { methods: ['POST'], path: '/images/{name…}/push', answer: pushImages },
  { methods: ['POST'], path: '/images/{name…}/tag', answer: tagImage },
  { methods: ['DELETE'], path: '/images/{name…}', answer: removeImage },
  { methods: ['POST'], path: '/commit', answer: commitContainer },
  { methods: ['POST'], path: '/auth', answer: checkCredentials },
  { methods: ['GET'], path: '/distribution/{name…}/json', answer: answerDistribution },
  { methods: ['GET'], path: '/system/df', role: 'read-only', answer: answerDiskUsage },
]

/** `POST /images/create`: pulls an image, or makes one of what is sent. */
async function createImage(request: ApiRequest): Promise<void> {
  const { query } = request
  if ((query.get('fromImage') ?? '') !== '') await pullImage(request)
  else if ((query.get('fromSrc') ?? '') !== '') await importImage(request)
  else throw invalid('fromImage says which image')
}
